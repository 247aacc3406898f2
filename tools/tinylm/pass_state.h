/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TL_PASS_STATE_H
#define TL_PASS_STATE_H

#include "pass.h"

/* What forward (pass.c) leaves for backward (gradient.c); nobody else looks inside. */

/* Attention is computed for blocks of this many queries against the keys up to the block's end. */
#define TL_BLOCK 16

/* What a layer keeps for the way back; one row per token, [d] of dim, [h] of hidden elements. */
struct tl_layer_state {
    float *in;       /* [d] the stream on entry */
    float *attn_in;  /* [d] normed */
    float *attn_inv; /* 1 / root mean square of in */
    float *q;        /* [d] rotated */
    float *k;        /* [d] rotated */
    float *v;        /* [d] */
    float
        *attention;  /* sequences x heads x length x length; row i is valid up to its block's end */
    float *attn_out; /* [d] before the output projection */
    float *mid;      /* [d] the stream between the two blocks */
    float *mlp_in;   /* [d] normed */
    float *mlp_inv;
    float *gate; /* [h] before the activation */
    float *up;   /* [h] */
    float *act;  /* [h] silu(gate) * up */
};

struct tl_pass {
    const struct tl_model *model;
    size_t capacity; /* rows */
    size_t sequences;
    size_t length;
    struct tl_layer_state *layers;
    float *out;   /* [d] the stream after the last layer */
    float *final; /* [d] normed */
    float *final_inv;
    float *logits;    /* vocab */
    float *probs;     /* vocab */
    double *log_sums; /* ln of the sum of e^logit */
    float *cosine;    /* context x head size / 2 */
    float *sine;
    float *flip; /* head size x length: keys or values of one head, transposed */
    /* Backward only. */
    float *grads;
    float *d_stream; /* [d] */
    float *d_norm;   /* [d] */
    float *d_q;
    float *d_k;
    float *d_v;
    float *d_scores; /* TL_BLOCK x length */
    float *d_act;    /* [h] */
    float *d_gate;
    float *d_up;
};

/* Turn queries or keys by their positions; direction -1 turns them (or a gradient) back. */
void tl_pass_rotate(const struct tl_pass *pass, float *x, float direction);

#endif /* TL_PASS_STATE_H */
