# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest that writes to the disk it was started from, a sector at each timer
# tick (18.2 a second), by the BIOS: at first the second sector, after some
# six seconds the third.  On COM1: 'W' for a write that went well, 'E' for one
# that did not.

        .code16
        .globl  _start
_start: xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp
        mov     $120, %bp

loop:   mov     $0x0301, %ax            # write one sector
        mov     $0x0002, %cx
        dec     %bp
        jns     1f
        xor     %bp, %bp
        inc     %cx
1:      mov     $0x0080, %dx            # of the first disk
        mov     $_start, %bx
        int     $0x13
        mov     $'W', %al
        jnc     2f
        mov     $'E', %al
2:      mov     $0x3f8, %dx
        out     %al, %dx
        sti
        hlt
        jmp     loop

        .org    510
        .word   0xaa55
