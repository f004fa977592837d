/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The header of a saved guest's file: any bytes are taken or refused. The
 * fuzzer cannot guess the checksum: when the first byte is odd the header is
 * made here from the rest, a description and an XML, and must come back as it
 * was; or, with 2 in it, the rest is sealed as it is.
 */
#include "image/image.h"

#include "error/errcode.h"
#include "qmp/macros.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void parse(const void *data, size_t size)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(image_clear) struct image image = {0};

    if (image_parse(data, size, &image, &err) < 0) {
        assert(err->code == QMIG_ERR_IMAGE || err->code == QMP_ERR_NOMEM);
        assert(!image.description && !image.xml);
        return;
    }
    assert(image.head <= size && image.head % IMAGE_PAGE == 0);
    /* What was taken can be made again, and is the same. */
    CLEANUP(freep) void *again = image_make(&image, &err);
    struct image same = {0};
    if (!again) /* numbers may be written longer than they were */
        return;
    assert(image_parse(again, image.head, &same, &err) == 0);
    assert(same.runs == image.runs && same.format == image.format &&
           same.complete == image.complete && same.stream == image.stream);
    assert(!same.xml == !image.xml &&
           (!same.xml || !strcmp(same.xml, image.xml)));
    image_clear(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    CLEANUP(freep) unsigned char *copy = calloc(1, size + IMAGE_PAGE);
    memcpy(copy, data + 1, size - 1);
    if (data[0] & 1 && size > IMAGE_FIXED) {
        size_t used = size - 1;
        size_t head = (used + IMAGE_PAGE - 1) / IMAGE_PAGE * IMAGE_PAGE;

        memcpy(copy, "QMIGSAVE\x01\0\0\0", 12);
        for (int i = 0; i < 4; i++)
            copy[12 + i] = (unsigned char)(head >> 8 * i);
        image_seal(copy, head);
        parse(copy, head);
        return 0;
    }
    parse(copy, size - 1);
    return 0;
}
