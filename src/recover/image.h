/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The decision tables of save and restore, as data (recover/verdict.h). */
#ifndef QMIG_RECOVER_IMAGE_H
#define QMIG_RECOVER_IMAGE_H

#include "recover/verdict.h"

/* The file of a save. */
enum saved_file {
    SAVED_NONE,
    SAVED_OTHER, /* of that name, but not this save's */
    SAVED_PARTIAL,
    SAVED_WHOLE, /* complete, and on the disk */
    SAVED__MAX
};

struct verdict verdict_of_save(enum past_stage past, enum src_answer source,
                               enum saved_file file, enum fenced fenced);
/* Of a save beside which the guest runs on (background-snapshot). */
struct verdict verdict_of_snapshot(enum past_stage past, enum src_answer source,
                                   enum saved_file file, enum fenced fenced);
struct verdict verdict_of_restore(enum past_stage past, enum dst_answer dest,
                                  enum fenced fenced);

#endif
