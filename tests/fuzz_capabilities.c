/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Capabilities that somebody gives; with what is taken a guest that leaves
 * much to defaults must still be the same as itself. */
#include "abi/abi.h"
#include "abi/caps.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char guest[] =
    "<domain type='qemu'><name>g</name>"
    "<uuid>c7a5fdbd-edaf-9455-926a-d65c16db1809</uuid><memory>65536</memory>"
    "<os><type arch='x86_64' machine='q35'>hvm</type></os><devices>"
    "<disk type='file'><source file='/x'/><target dev='sda' bus='scsi'/></disk>"
    "<interface type='user'><mac address='52:54:00:00:00:01'/></interface>"
    "<graphics type='vnc'/></devices></domain>";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(freep) char *text = strndup((const char *)data, size);
    CLEANUP(abi_caps_freep) struct abi_caps *caps = NULL;
    CLEANUP(qmp_error_freep) struct qmp_error *err = NULL;
    CLEANUP(domain_freep) struct domain *d = NULL;
    CLEANUP(abi_report_freep) struct abi_report *r = NULL;

    if (abi_caps_parse(text, "caps", &caps, &err) < 0) {
        assert(err && err->msg && !caps);
        return 0;
    }
    assert(!err && (caps->n_machines || caps->has_devices));
    if (domain_parse(guest, strlen(guest), "guest", &d, NULL) == 0 &&
        abi_check(d, d, caps, ABI_POLICY_GUEST, ABI_CHECK_ALL, &r, NULL) == 0)
        assert(r->verdict != ABI_DIFFERS);
    return 0;
}
