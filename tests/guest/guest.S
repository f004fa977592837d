# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The guest of the live tests: one boot sector.  It fills its pages, then at
# each timer tick checks and rewrites the next few of them, tells the serial
# port COM1 that it did, and halts until the next tick.  Lines on COM1:
#
#     UP                        the first fill is done
#     CNT 00000123 PASS 00007   ticks handled, whole walks of the memory done
#     BAD 00004711              page 4711 does not hold what was last written
#
# CNT grows by exactly one from line to line for as long as one guest runs:
# a restart, a second copy and a lost or repeated stretch all show.  When PASS
# has grown by two since a moment, every page was checked since that moment.
#
# With a disk (mkguest --disk) it writes one of its sectors at each tick, too.
#
# Real mode with 4 GiB limits in %fs.  The BIOS only loads this sector: the
# timer, its interrupt and the serial port are driven here, all other
# interrupts are masked.  Page p holds, in its first and last four bytes,
# walk ^ p * MUL, where `walk` grows by STEP with each walk of the memory.
#
# mkguest patches what lies between `config` and the signature.

        .set    STEP, 0x9e3779b1
        .set    MUL, 0x85ebca6b
        .set    MEM, 0x100000           # first byte of the pages
        .set    COM1, 0x3f8
        .set    ATA, 0x1f0
        .set    ODD, 0x9e35

        .code16
        .globl  _start
_start: cli
        cld
        ljmp    $0, $start
start:  xor     %ax, %ax
        mov     %ax, %ds
        mov     %ax, %es
        mov     %ax, %ss
        mov     $_start, %sp

        in      $0x92, %al              # A20 on
        or      $2, %al
        out     %al, $0x92

        lgdt    gdtr                    # %fs: base 0, limit 4 GiB
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        mov     $8, %bx
        mov     %bx, %fs
        and     $~1, %al
        mov     %eax, %cr0

        mov     $COM1 + 3, %dx          # 8N1
        mov     $3, %al
        out     %al, %dx

        movw    $tick, 8 * 4            # IRQ 0 is ours, the only one
        movw    $0, 8 * 4 + 2
        mov     $0xfe, %al
        out     %al, $0x21
        mov     $0xff, %al
        out     %al, $0xa1
        mov     $0x34, %al              # PIT 0: rate generator
        out     %al, $0x43
        mov     divisor, %ax
        out     %al, $0x40
        mov     %ah, %al
        out     %al, $0x40

        xor     %ebp, %ebp              # %ebp: page to visit next
fill:   call    value
        call    write
        jnz     fill
        mov     $up, %si
        call    puts
        sti

loop:   testb   $1, spin
        jnz     1f
        hlt
1:      mov     pages_per_tick, %ecx
2:      call    visit
        loopl   2b
        mov     ticks, %al
        cmp     told, %al
        je      loop
        mov     %al, told
        incl    count
        mov     $cnt, %si
        mov     count, %eax
        mov     $8, %di
        call    tell
        mov     $pass, %si
        mov     passes, %eax
        mov     $5, %di
        call    tell
        mov     $nl, %si
        call    puts
        mov     disk_mask, %bx
        test    %bx, %bx
        jz      loop

# Writes this sector, which has the counts, to the first IDE disk: to sector
# count * ODD modulo its size, so that each is written before one is again.
        mov     $ATA + 7, %dx
1:      in      %dx, %al
        test    %al, %al                # busy
        js      1b
        imul    $ODD, count, %ax
        and     %bx, %ax
        mov     $(ATA + 3) & 0xff, %dl
        out     %ax, %dx                # the low byte here, the high one next
        mov     $(ATA + 5) & 0xff, %dl
        mov     $0xe000, %ax
        out     %ax, %dx
        mov     $(ATA + 2) & 0xff, %dl
        mov     $1, %al
        out     %al, %dx
        mov     $(ATA + 7) & 0xff, %dl
        mov     $0x30, %al              # write
        out     %al, %dx
1:      in      %dx, %al
        test    $8, %al                 # it wants data
        jz      1b
        mov     $_start, %si
        mov     $256, %cx
        mov     $ATA & 0xff, %dl
        rep outsw
        jmp     loop

tick:   push    %ax
        incb    ticks
        mov     $0x20, %al
        out     %al, $0x20
        pop     %ax
        iret

# %eax: what page %ebp is to hold in this walk; %edi: its address.
value:  mov     %ebp, %edi
        shl     $12, %edi
        add     $MEM, %edi
        imul    $MUL, %ebp, %eax
        xor     walk, %eax
        ret

# Checks page %ebp against the walk before this one, then writes it.
visit:  subl    $STEP, walk
        call    value
        addl    $STEP, walk
        cmp     %eax, %fs:(%edi)
        jne     1f
        cmp     %eax, %fs:4092(%edi)
        je      2f
1:      mov     $bad, %si
        mov     %ebp, %eax
        push    %edi
        mov     $8, %di
        call    tell
        mov     $nl, %si
        call    puts
        pop     %edi
2:      call    value

# Writes %eax to the page at %edi and steps to the next page, after the last
# one to the first of a new walk; then ZF is set.
write:  mov     %eax, %fs:(%edi)
        mov     %eax, %fs:4092(%edi)
        inc     %ebp
        cmp     pages, %ebp
        jne     1f
        xor     %ebp, %ebp
        addl    $STEP, walk
        incl    passes
        cmp     %ebp, %ebp
1:      ret

# The text at %si, then %eax in %di decimal digits.
tell:   push    %eax
        call    puts
        pop     %eax
digits: xor     %edx, %edx
        mov     $10, %ebx
        div     %ebx
        push    %dx
        dec     %di
        jz      1f
        call    digits
1:      pop     %ax
        add     $'0', %al

putc:   push    %ax
        mov     $COM1 + 5, %dx
1:      in      %dx, %al
        test    $0x20, %al
        jz      1b
        pop     %ax
        mov     $COM1, %dx
        out     %al, %dx
        ret

1:      call    putc
puts:   lodsb
        test    %al, %al
        jnz     1b
        ret

up:     .asciz  "UP\n"
cnt:    .asciz  "CNT "
pass:   .asciz  " PASS "
bad:    .asciz  "BAD "
nl:     .asciz  "\n"

walk:   .long   STEP
count:  .long   0
passes: .long   -1                      # the fill is none
ticks:  .byte   0
told:   .byte   0

        .balign 4
gdt:    .quad   0
        .quad   0x00cf92000000ffff
gdtr:   .word   gdtr - gdt - 1
        .long   gdt

        .org    0x1ee
config:
pages:          .long   4096            # 0x1ee
pages_per_tick: .long   32              # 0x1f2
divisor:        .word   59659           # 0x1f6: 1193182 / divisor ticks/s
spin:           .byte   0               # 0x1f8: 1 = never halt
disk_mask:      .word   0               # 0x1f9: sectors - 1; 0 = no disk
        .org    0x1fe
        .word   0xaa55
