/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "image/image.h"

#include "error/errcode.h"
#include "qmp/json.h"

#include <string.h>

static const char magic[8] = "QMIGSAVE";

#define FLAG_COMPLETE UINT32_C(1)

enum at {
    AT_VERSION = 8,
    AT_HEAD = 12,
    AT_DESCRIPTION = 16,
    AT_XML = 20,
    AT_FLAGS = 24,
    AT_CRC = 28,
    AT_STREAM = 32,
    AT_ZERO = 40,
};

static const struct {
    const char *name;
    const char *capability;
} formats[IMAGE_FORMAT__MAX] = {
#define X(id, text, cap) [IMAGE_##id] = {text, cap},
    IMAGE_FORMAT_MAP(X)
#undef X
};

const char *image_format_name(enum image_format format)
{
    return formats[format].name;
}

const char *image_format_capability(enum image_format format)
{
    return formats[format].capability;
}

enum image_format image_format_find(const char *name)
{
    int i = 0;

    while (i < IMAGE_FORMAT__MAX && strcmp(formats[i].name, name) != 0)
        i++;
    return (enum image_format)i;
}

static uint32_t get32(const unsigned char *p)
{
    return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
           (uint32_t)p[3] << 24;
}

static uint64_t get64(const unsigned char *p)
{
    return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static void put32(unsigned char *p, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        p[i] = (unsigned char)(value >> 8 * i);
}

static void put64(unsigned char *p, uint64_t value)
{
    put32(p, (uint32_t)value);
    put32(p + 4, (uint32_t)(value >> 32));
}

static int bad(struct qmp_error **errp, const char *what)
{
    return qmp_fail(errp, QMIG_ERR_IMAGE, "%s", what);
}

/* Something that is not ours: people try these. */
static int tell_foreign(const unsigned char *p, size_t len,
                        struct qmp_error **errp)
{
    static const struct {
        const char *bytes;
        const char *what;
        const char *hint;
    } known[] = {
        {"LibvirtQemudSave", "it was saved by libvirt",
         "restore it with 'virsh restore'"},
        {"LibvirtQemudPart", "it is an incomplete file of libvirt's", NULL},
        {"QEVM", "it is QEMU's bare migration stream, without a header",
         "start QEMU with -incoming 'exec:cat FILE'"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        size_t n = strlen(known[i].bytes);

        if (len < n || memcmp(p, known[i].bytes, n) != 0)
            continue;
        bad(errp, known[i].what);
        return known[i].hint ? qmp_hint(errp, "%s", known[i].hint) : -1;
    }
    return bad(errp, "it is no file of a saved guest: it does not begin with "
                     "'QMIGSAVE'");
}

int image_head(const void *fixed, size_t len, size_t *head,
               struct qmp_error **errp)
{
    const unsigned char *p = fixed;

    if (len < sizeof(magic) || memcmp(p, magic, sizeof(magic)) != 0)
        return tell_foreign(p, len, errp);
    if (len < IMAGE_FIXED)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "it ends after %zu bytes, within its header", len);
    if (get32(p + AT_VERSION) != IMAGE_VERSION)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "its format has version %u, this program knows %d",
                        get32(p + AT_VERSION), IMAGE_VERSION);
    uint32_t n = get32(p + AT_HEAD);
    if (n < IMAGE_FIXED || n % IMAGE_PAGE || n > IMAGE_MAX_HEAD)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "its header has %u bytes, must be a multiple of %d up "
                        "to %zu",
                        n, IMAGE_PAGE, IMAGE_MAX_HEAD);
    *head = n;
    return 0;
}

/* CRC-32 (IEEE), four bits at a time, the field of the checksum taken as 0. */
static uint32_t crc_of(const unsigned char *p, size_t len)
{
    uint32_t table[16];
    uint32_t crc = ~UINT32_C(0);

    for (uint32_t i = 0; i < ARRAY_SIZE(table); i++) {
        uint32_t value = i;

        for (int bit = 0; bit < 4; bit++)
            value = value >> 1 ^ (value & 1 ? UINT32_C(0xedb88320) : 0);
        table[i] = value;
    }
    for (size_t i = 0; i < len; i++) {
        crc ^= i >= AT_CRC && i < AT_STREAM ? 0 : p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

static int take_string(struct json_object *o, const char *name,
                       const char **ret, struct qmp_error **errp)
{
    struct json_object *value = NULL;

    if (!json_object_object_get_ex(o, name, &value))
        return 0;
    if (!json_object_is_type(value, json_type_string) ||
        strlen(json_object_get_string(value)) !=
            (size_t)json_object_get_string_len(value))
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "its description is wrong: '%s' must be a string",
                        name);
    *ret = json_object_get_string(value);
    return 0;
}

static int take_description(struct image *image, struct qmp_error **errp)
{
    struct json_object *o = image->description;
    struct json_object *runs = NULL;
    const char *format = NULL;

    if (take_string(o, "format", &format, errp) < 0 ||
        take_string(o, "id", &image->id, errp) < 0 ||
        take_string(o, "name", &image->name, errp) < 0 ||
        take_string(o, "uuid", &image->uuid, errp) < 0 ||
        take_string(o, "qemu", &image->qemu, errp) < 0 ||
        take_string(o, "time", &image->time, errp) < 0)
        return -1;
    if (!format)
        return bad(errp, "its description is wrong: 'format' is missing");
    image->format = image_format_find(format);
    if (image->format == IMAGE_FORMAT__MAX)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "its format is '%.40s', this program knows 'raw' and "
                        "'sparse'",
                        format);
    json_object_object_get_ex(o, "runs", &runs);
    if (!json_object_is_type(runs, json_type_boolean))
        return bad(errp, "its description is wrong: 'runs' must be true or "
                         "false");
    image->runs = json_object_get_boolean(runs);
    return 0;
}

static int take_texts(const unsigned char *p, size_t description, size_t xml,
                      struct image *ret, struct qmp_error **errp)
{
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    const char *text = (const char *)p + IMAGE_FIXED;

    if (qmp_json_parse(text, description, &ret->description, &err) < 0)
        return qmp_fail(errp, QMIG_ERR_IMAGE, "its description is wrong: %s",
                        err->msg);
    if (!json_object_is_type(ret->description, json_type_object))
        return bad(errp, "its description is no JSON object");
    if (!xml)
        return 0;
    if (memchr(text + description, '\0', xml))
        return bad(errp, "its domain XML has a NUL byte");
    ret->xml = strndup(text + description, xml);
    return ret->xml ? 0 : qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
}

int image_parse(const void *data, size_t len, struct image *ret,
                struct qmp_error **errp)
{
    CLEANUP(image_clear) struct image image = {0};
    const unsigned char *p = data;
    size_t head = 0;

    if (image_head(data, len, &head, errp) < 0)
        return -1;
    if (len < head)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "it ends after %zu bytes, its header has %zu", len,
                        head);
    uint64_t description = get32(p + AT_DESCRIPTION);
    uint64_t xml = get32(p + AT_XML);
    uint32_t flags = get32(p + AT_FLAGS);
    size_t used = IMAGE_FIXED + description + xml;
    if (used > head)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "its header is damaged: %zu bytes are used of %zu",
                        used, head);
    if (crc_of(p, used) != get32(p + AT_CRC))
        return bad(errp, "its header is damaged: the checksum is wrong");
    if (flags & ~FLAG_COMPLETE)
        return qmp_fail(errp, QMIG_ERR_IMAGE,
                        "its flags are 0x%x: a newer program made it", flags);
    for (size_t i = AT_ZERO; i < IMAGE_FIXED; i++)
        if (p[i])
            return bad(errp, "its header has bytes that must be zero: a newer "
                             "program made it");
    image.head = (uint32_t)head;
    image.stream = get64(p + AT_STREAM);
    image.complete = flags & FLAG_COMPLETE;
    if (image.stream > INT64_MAX - head)
        return bad(errp, "its stream would be larger than any file");
    if (take_texts(p, description, xml, &image, errp) < 0 ||
        take_description(&image, errp) < 0)
        return -1;
    *ret = image;
    image = (struct image){0};
    return 0;
}

void image_seal(void *head, size_t len)
{
    unsigned char *p = head;
    uint64_t used =
        IMAGE_FIXED + (uint64_t)get32(p + AT_DESCRIPTION) + get32(p + AT_XML);

    put32(p + AT_CRC, crc_of(p, used < len ? (size_t)used : len));
}

size_t image_head_size(size_t description, size_t xml)
{
    size_t used = IMAGE_FIXED + description + xml;
    size_t head = (used + IMAGE_PAGE - 1) / IMAGE_PAGE * IMAGE_PAGE;

    return description > IMAGE_MAX_HEAD || xml > IMAGE_MAX_HEAD ||
                   head > IMAGE_MAX_HEAD
               ? 0
               : head;
}

void *image_make(const struct image *image, struct qmp_error **errp)
{
    CLEANUP(freep) char *text = qmp_json_text(image->description);
    size_t description = text ? strlen(text) : 0;
    size_t xml = image->xml ? strlen(image->xml) : 0;
    size_t needed = image_head_size(description, xml);
    unsigned char *p = calloc(1, image->head);

    if (!text || !p) {
        free(p);
        qmp_fail(errp, QMP_ERR_NOMEM, "out of memory");
        return NULL;
    }
    if (!needed || needed > image->head || image->head % IMAGE_PAGE) {
        free(p);
        qmp_fail(errp, QMIG_ERR_IMAGE,
                 "the description of the guest has %zu bytes, %u are left for "
                 "it",
                 description, image->head);
        return NULL;
    }
    memcpy(p, magic, sizeof(magic));
    put32(p + AT_VERSION, IMAGE_VERSION);
    put32(p + AT_HEAD, image->head);
    put32(p + AT_DESCRIPTION, (uint32_t)description);
    put32(p + AT_XML, (uint32_t)xml);
    put32(p + AT_FLAGS, image->complete ? FLAG_COMPLETE : 0);
    put64(p + AT_STREAM, image->stream);
    memcpy(p + IMAGE_FIXED, text, description);
    if (xml)
        memcpy(p + IMAGE_FIXED + description, image->xml, xml);
    image_seal(p, image->head);
    return p;
}

void image_clear(struct image *image)
{
    free(image->xml);
    json_object_put(image->description);
    *image = (struct image){0};
}
