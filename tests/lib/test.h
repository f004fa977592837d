/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What every unit test includes: cmocka with what it needs before it. */
#ifndef TESTS_LIB_TEST_H
#define TESTS_LIB_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "qmp/error.h"
#include "qmp/macros.h"

#endif
