/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SR_TESTS_SIGNING_KEY_H
#define SR_TESTS_SIGNING_KEY_H

/* A key made for tests: plain, under the passphrase "correct", its public half, and its hint. */

static const char SIGNING_KEY[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgGOjrqi0VL/SWtux4\n"
    "IR+LcQlBHBXufzdQpSoZKkafc2ihRANCAARF5wxB09FMS6otHlehoIeyDw9rXGL2\n"
    "kR3y33BNzogQiCkestbLSSeQ/DorHWUDQ6U2X06sIaS7rsNJEY1r04Fm\n"
    "-----END PRIVATE KEY-----\n";

static const char SIGNING_KEY_ENCRYPTED[] =
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgQrcala8o9IQICCAAw\n"
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEN3QgIxhgI/t+GXJZxVwltUEgZDm\n"
    "sO489BZoUCoBSvs+BKYvhFIFtMqOBOYXHZwdPsQ0Ed5ItnFaQK4GSZxsQAl7LCPR\n"
    "9wjz48Ahou1Zy6l1gL56WR8/yv/Pjn8Sjho3GJ9S13YP8hJ3Hy0ao74TLzN05chT\n"
    "xS1Xd5wy07ewl5udsOBx0evkLB/AZl3DFNUqvF/FOppKsD2AaMfPbdljrt4kU5w=\n"
    "-----END ENCRYPTED PRIVATE KEY-----\n";

static const char SIGNING_KEY_PUBLIC[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERecMQdPRTEuqLR5XoaCHsg8Pa1xi\n"
    "9pEd8t9wTc6IEIgpHrLWy0knkPw6Kx1lA0OlNl9OrCGku67DSRGNa9OBZg==\n"
    "-----END PUBLIC KEY-----\n";

static const char SIGNING_KEY_HINT[] =
    "67c47af24b3e0b880bf944b5ae4b91ac616ce119cc3d167497d6514c323f8da2";

#endif /* SR_TESTS_SIGNING_KEY_H */
