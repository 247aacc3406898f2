/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SSH_SAMPLES_H
#define SR_TESTS_SSH_SAMPLES_H

/*
 * Signatures over "hello" for act@strongroom: of plain keys by `ssh-keygen -Y sign` (OpenSSH 9.2),
 * of sk keys by a software authenticator (pyca/cryptography). `ssh-keygen -Y verify` accepts them
 * all: it does not look at the flags of sk keys. Keys were made for this and thrown away.
 */
struct ssh_sample {
    const char *line; /* of the .pub file, without comment */
    const char *armored;
};

#define SSH_SAMPLE_ED25519 0
#define SSH_SAMPLE_ED25519_SHA256 1
#define SSH_SAMPLE_P256 2
#define SSH_SAMPLE_P384 3
#define SSH_SAMPLE_SK_ED25519 4
#define SSH_SAMPLE_SK_P256 5
#define SSH_SAMPLE_SK_ED25519_VERIFIED 6
#define SSH_SAMPLE_SK_P256_VERIFIED 7
#define SSH_SAMPLE_SK_ED25519_UNTOUCHED 8
#define SSH_SAMPLE_SK_P256_UNTOUCHED 9
#define SSH_SAMPLE_SK_P256_COPIED 10
#define SSH_SAMPLE_TOUCHED 8 /* those before have all that is asked for */
#define SSH_SAMPLE_COUNT 11

static const struct ssh_sample SSH_SAMPLES[SSH_SAMPLE_COUNT] = {
    [SSH_SAMPLE_ED25519] =
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAckXXiSz2tprfl2h4rSFUa5pDcUGimpCaSWUUmwheaS",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgByRdeJLPa2mt+XaHitIVRrmkNx\n"
         "QaKakJpJZRSbCF5pIAAAAOYWN0QHN0cm9uZ3Jvb20AAAAAAAAABnNoYTUxMgAAAFMAAAAL\n"
         "c3NoLWVkMjU1MTkAAABAflA33R8rZoOz8XB1yOvpE5pyBx9fvyyjQatX9oTt+uVsWTRniC\n"
         "JTmqiOtr3KE/6Pl7uEn7OuqX0c+TuoSoZHDg==\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_ED25519_SHA256] =
        {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAckXXiSz2tprfl2h4rSFUa5pDcUGimpCaSWUUmwheaS",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgByRdeJLPa2mt+XaHitIVRrmkNx\n"
         "QaKakJpJZRSbCF5pIAAAAOYWN0QHN0cm9uZ3Jvb20AAAAAAAAABnNoYTI1NgAAAFMAAAAL\n"
         "c3NoLWVkMjU1MTkAAABAgd6y7kzb/C8EdHJIGE7yKcRy0ehbk6F4NycmzFFntdqzrM0bZy\n"
         "OiRTNcnsI4wwkNMcr4DJMr1HtKaH1axE/KDw==\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_P256] =
        {"ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBO0KH1EI"
         "bKX4wqHyTHMvyQ1tdrHHQA7TbVN5haDon785YbhWSXOyBzZ7nj7azxp0Ua2ln/2fNVQ3A+l3Y0sfVdI=",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAGgAAAATZWNkc2Etc2hhMi1uaXN0cDI1NgAAAAhuaXN0cDI1NgAAAE\n"
         "EE7QofUQhspfjCofJMcy/JDW12scdADtNtU3mFoOifvzlhuFZJc7IHNnuePtrPGnRRraWf\n"
         "/Z81VDcD6XdjSx9V0gAAAA5hY3RAc3Ryb25ncm9vbQAAAAAAAAAGc2hhNTEyAAAAYwAAAB\n"
         "NlY2RzYS1zaGEyLW5pc3RwMjU2AAAASAAAACBJdLz8UszbQnz20/89ihAY7299loEuOfQc\n"
         "M08aDILsVgAAACBSxROjGcEaij/EQYGLOgoqGGD8adWldE+BG4omdlDDIA==\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_P384] =
        {"ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBGZQVptL"
         "UK5uN784rkNBM/BsM0jPuie2XTvONdfv4PIxH2nx/8eyiJRafUVYrCxXpACBsehXoaIs6nQgdnxHsT5Y"
         "W8umr7CMrETPunXUjo/edY7uFpIXeHWcxBaBgkqFvA==",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAIgAAAATZWNkc2Etc2hhMi1uaXN0cDM4NAAAAAhuaXN0cDM4NAAAAG\n"
         "EEZlBWm0tQrm43vziuQ0Ez8GwzSM+6J7ZdO8411+/g8jEfafH/x7KIlFp9RVisLFekAIGx\n"
         "6FehoizqdCB2fEexPlhby6avsIysRM+6ddSOj951ju4Wkhd4dZzEFoGCSoW8AAAADmFjdE\n"
         "BzdHJvbmdyb29tAAAAAAAAAAZzaGE1MTIAAACDAAAAE2VjZHNhLXNoYTItbmlzdHAzODQA\n"
         "AABoAAAAMGpcD4ZdYZxjz8jJEXr82k1FQXhiwHUcdm0CDQ8vyRHsFkd52cuu25aT7O5pVO\n"
         "4tAwAAADBrk1Z6Ddi6QnI6iTNJRzG0lnp6lmjnuy7xhYFjQOiFETg3Rzow/K/WHPOvmwfl\n"
         "rXI=\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_ED25519] =
        {"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIOfP2kpcR"
         "Av1i4SmkL/kURXXmnpZ1DyNAG4YQOhIJzs6AAAABHNzaDo=",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAg58/aSl\n"
         "xEC/WLhKaQv+RRFdeaelnUPI0AbhhA6EgnOzoAAAAEc3NoOgAAAA5hY3RAc3Ryb25ncm9v\n"
         "bQAAAAAAAAAGc2hhNTEyAAAAZwAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAE\n"
         "AzeTjOn9T95BtGQ214FlIwQWJzKf265yFTAUUrdqmgM44JWkidsAeT7kTawWTlhEDIgvkE\n"
         "z4++lJg92H3g5yIFAQAAAAc=\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_P256] =
        {"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNza"
         "C5jb20AAAAIbmlzdHAyNTYAAABBBIxQV1vES4EYD7jt3HGwuuXQqBbKQdNVtPE6I0qPLQYLLismWoTkv"
         "skR5d2rL9RsSwhmNx0hHrlmtnkeeylZtx8AAAAEc3NoOg==",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQ\n"
         "AAAAhuaXN0cDI1NgAAAEEEjFBXW8RLgRgPuO3ccbC65dCoFspB01W08TojSo8tBgsuKyZa\n"
         "hOS+yRHl3asv1GxLCGY3HSEeuWa2eR57KVm3HwAAAARzc2g6AAAADmFjdEBzdHJvbmdyb2\n"
         "9tAAAAAAAAAAZzaGE1MTIAAAB4AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNz\n"
         "aC5jb20AAABJAAAAIQDTmlwi+r/oYooA1w044dska7JZto4RjeqUP9ErZvEZZgAAACBf6X\n"
         "O36GdUe+1xOxWzgiacdUrcNqhZwJ/ZInu1jAj/gAEAAAAH\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_ED25519_VERIFIED] =
        {"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIOfP2kpcR"
         "Av1i4SmkL/kURXXmnpZ1DyNAG4YQOhIJzs6AAAABHNzaDo=",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAg58/aSl\n"
         "xEC/WLhKaQv+RRFdeaelnUPI0AbhhA6EgnOzoAAAAEc3NoOgAAAA5hY3RAc3Ryb25ncm9v\n"
         "bQAAAAAAAAAGc2hhNTEyAAAAZwAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAE\n"
         "BNQlQkS/77PQ5lHGMyj8XZplGlp1L5EuudrvsMAw43/LgeLQoIogofYztk+pLRlLOLHUNq\n"
         "ZB0o2sjsf8gst/QABQAAAAc=\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_P256_VERIFIED] =
        {"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNza"
         "C5jb20AAAAIbmlzdHAyNTYAAABBBIxQV1vES4EYD7jt3HGwuuXQqBbKQdNVtPE6I0qPLQYLLismWoTkv"
         "skR5d2rL9RsSwhmNx0hHrlmtnkeeylZtx8AAAAEc3NoOg==",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQ\n"
         "AAAAhuaXN0cDI1NgAAAEEEjFBXW8RLgRgPuO3ccbC65dCoFspB01W08TojSo8tBgsuKyZa\n"
         "hOS+yRHl3asv1GxLCGY3HSEeuWa2eR57KVm3HwAAAARzc2g6AAAADmFjdEBzdHJvbmdyb2\n"
         "9tAAAAAAAAAAZzaGE1MTIAAAB3AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNz\n"
         "aC5jb20AAABIAAAAIDVBv3YwK3qvjMf8L6d161fx71gqBuRJlOVnQ7LRDPh6AAAAIGFK4y\n"
         "vmw1AokJKai5QwKuUQRDqMfFMgeEJu6Q89Oij8BQAAAAc=\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_ED25519_UNTOUCHED] =
        {"sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIOfP2kpcR"
         "Av1i4SmkL/kURXXmnpZ1DyNAG4YQOhIJzs6AAAABHNzaDo=",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAEoAAAAac2stc3NoLWVkMjU1MTlAb3BlbnNzaC5jb20AAAAg58/aSl\n"
         "xEC/WLhKaQv+RRFdeaelnUPI0AbhhA6EgnOzoAAAAEc3NoOgAAAA5hY3RAc3Ryb25ncm9v\n"
         "bQAAAAAAAAAGc2hhNTEyAAAAZwAAABpzay1zc2gtZWQyNTUxOUBvcGVuc3NoLmNvbQAAAE\n"
         "D0cDnZsLf/AYGHtlxeI8CBUBgjL8jbZdozN4rz27nGQHkvNDM6VryHbej+09lT8gIKM9DW\n"
         "FYbEWHbNYpenM0IOAAAAAAc=\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_P256_UNTOUCHED] =
        {"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNza"
         "C5jb20AAAAIbmlzdHAyNTYAAABBBIxQV1vES4EYD7jt3HGwuuXQqBbKQdNVtPE6I0qPLQYLLismWoTkv"
         "skR5d2rL9RsSwhmNx0hHrlmtnkeeylZtx8AAAAEc3NoOg==",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQ\n"
         "AAAAhuaXN0cDI1NgAAAEEEjFBXW8RLgRgPuO3ccbC65dCoFspB01W08TojSo8tBgsuKyZa\n"
         "hOS+yRHl3asv1GxLCGY3HSEeuWa2eR57KVm3HwAAAARzc2g6AAAADmFjdEBzdHJvbmdyb2\n"
         "9tAAAAAAAAAAZzaGE1MTIAAAB3AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNz\n"
         "aC5jb20AAABIAAAAIDulg+6dlXBtIVYkvkmGldsy5b1SE7c4NWmk43nlWCX1AAAAIEfDLm\n"
         "hriTN1BAL6IDquveKAXERG3wkRlferCCDFmYu4BAAAAAc=\n"
         "-----END SSH SIGNATURE-----\n"},
    [SSH_SAMPLE_SK_P256_COPIED] =
        {"sk-ecdsa-sha2-nistp256@openssh.com AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNza"
         "C5jb20AAAAIbmlzdHAyNTYAAABBBIxQV1vES4EYD7jt3HGwuuXQqBbKQdNVtPE6I0qPLQYLLismWoTkv"
         "skR5d2rL9RsSwhmNx0hHrlmtnkeeylZtx8AAAAEc3NoOg==",
         "-----BEGIN SSH SIGNATURE-----\n"
         "U1NIU0lHAAAAAQAAAH8AAAAic2stZWNkc2Etc2hhMi1uaXN0cDI1NkBvcGVuc3NoLmNvbQ\n"
         "AAAAhuaXN0cDI1NgAAAEEEjFBXW8RLgRgPuO3ccbC65dCoFspB01W08TojSo8tBgsuKyZa\n"
         "hOS+yRHl3asv1GxLCGY3HSEeuWa2eR57KVm3HwAAAARzc2g6AAAADmFjdEBzdHJvbmdyb2\n"
         "9tAAAAAAAAAAZzaGE1MTIAAAB4AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNz\n"
         "aC5jb20AAABJAAAAIDaO5txxjaEu43W84jL+eeLXd1ze55TwYYPWdKGPo+UKAAAAIQCmHw\n"
         "s6+ET8FwUpaPQJobZJLwpAL4KjmGbwoe4AaPTjEhkAAAAH\n"
         "-----END SSH SIGNATURE-----\n"},
};

#endif /* SR_TESTS_SSH_SAMPLES_H */
