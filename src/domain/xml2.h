/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * libxml2, loaded when the first document is read. With what it brings along
 * (ICU, lzma, the C++ library) it takes the dynamic linker about 1 ms, a
 * quarter of all that a migration costs, and most have no document to read.
 *
 * A file that includes this header calls libxml2's functions by their own
 * names; xml2_load() comes before the first call. The structs are those of the
 * headers that we were compiled with, so it must be the library of the same
 * soname. It stays loaded.
 */
#ifndef DOMAIN_XML2_H
#define DOMAIN_XML2_H

#include "qmp/error.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <libxml/tree.h>

#if LIBXML_VERSION >= 21400
#define XML2_SONAME "libxml2.so.16"
#else
#define XML2_SONAME "libxml2.so.2"
#endif

/* All functions that we call; each has a line below the struct, too. */
#define XML2_MAP(X)                                                            \
    X(xmlCtxtGetLastError)                                                     \
    X(xmlCtxtReadMemory)                                                       \
    X(xmlDocDumpMemoryEnc)                                                     \
    X(xmlDocGetRootElement)                                                    \
    X(xmlFreeDoc)                                                              \
    X(xmlFreeNode)                                                             \
    X(xmlFreeParserCtxt)                                                       \
    X(xmlInitParser)                                                           \
    X(xmlNewParserCtxt)                                                        \
    X(xmlNodeAddContent)                                                       \
    X(xmlNodeSetContent)                                                       \
    X(xmlReadMemory)                                                           \
    X(xmlRelaxNGFree)                                                          \
    X(xmlRelaxNGFreeParserCtxt)                                                \
    X(xmlRelaxNGFreeValidCtxt)                                                 \
    X(xmlRelaxNGNewParserCtxt)                                                 \
    X(xmlRelaxNGNewValidCtxt)                                                  \
    X(xmlRelaxNGParse)                                                         \
    X(xmlRelaxNGSetParserStructuredErrors)                                     \
    X(xmlRelaxNGSetValidStructuredErrors)                                      \
    X(xmlRelaxNGValidateDoc)                                                   \
    X(xmlSAX2GetLineNumber)                                                    \
    X(xmlSetProp)                                                              \
    X(xmlStopParser)                                                           \
    X(xmlUnlinkNode)                                                           \
    X(xmlUnsetProp)

struct xml2 {
#define X(name) __typeof__(name) *name;
    XML2_MAP(X)
#undef X
    xmlFreeFunc xmlFree; /* a variable there */
};

/* Filled by xml2_load(). */
extern struct xml2 xml2;

/* Load it unless that was done; any thread may call. QMP_ERR_UNSUPPORTED says
 * what is missing. */
int xml2_load(struct qmp_error **errp);

/* The same with any library and table, for tests. */
int xml2_load_from(const char *soname, struct xml2 *ret,
                   struct qmp_error **errp);

#ifndef XML2_NO_NAMES
#define xmlCtxtGetLastError      xml2.xmlCtxtGetLastError
#define xmlCtxtReadMemory        xml2.xmlCtxtReadMemory
#define xmlDocDumpMemoryEnc      xml2.xmlDocDumpMemoryEnc
#define xmlDocGetRootElement     xml2.xmlDocGetRootElement
#define xmlFree                  xml2.xmlFree
#define xmlFreeDoc               xml2.xmlFreeDoc
#define xmlFreeNode              xml2.xmlFreeNode
#define xmlFreeParserCtxt        xml2.xmlFreeParserCtxt
#define xmlInitParser            xml2.xmlInitParser
#define xmlNewParserCtxt         xml2.xmlNewParserCtxt
#define xmlNodeAddContent        xml2.xmlNodeAddContent
#define xmlNodeSetContent        xml2.xmlNodeSetContent
#define xmlReadMemory            xml2.xmlReadMemory
#define xmlRelaxNGFree           xml2.xmlRelaxNGFree
#define xmlRelaxNGFreeParserCtxt xml2.xmlRelaxNGFreeParserCtxt
#define xmlRelaxNGFreeValidCtxt  xml2.xmlRelaxNGFreeValidCtxt
#define xmlRelaxNGNewParserCtxt  xml2.xmlRelaxNGNewParserCtxt
#define xmlRelaxNGNewValidCtxt   xml2.xmlRelaxNGNewValidCtxt
#define xmlRelaxNGParse          xml2.xmlRelaxNGParse
#define xmlRelaxNGSetParserStructuredErrors                                    \
    xml2.xmlRelaxNGSetParserStructuredErrors
#define xmlRelaxNGSetValidStructuredErrors                                     \
    xml2.xmlRelaxNGSetValidStructuredErrors
#define xmlRelaxNGValidateDoc xml2.xmlRelaxNGValidateDoc
#define xmlSAX2GetLineNumber  xml2.xmlSAX2GetLineNumber
#define xmlSetProp            xml2.xmlSetProp
#define xmlStopParser         xml2.xmlStopParser
#define xmlUnlinkNode         xml2.xmlUnlinkNode
#define xmlUnsetProp          xml2.xmlUnsetProp
#endif

#endif
