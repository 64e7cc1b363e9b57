; One small experiment each, in one or more modes. It begins at CS:0 with SS:SP = 0xFF00, DS = ES = 64 KiB of data, FS = flat
; data in protected mode, all general registers 0, and ends with an exception or INT 0x80; then EAX and EBX are logged.
        cpu     x64
        global  snippets, snippets_end

%define REAL    1
%define V86     2                       ; IOPL 3
%define V86_0   4                       ; IOPL 0
%define P16     8
%define U16     0x10
%define P32     0x20
%define U32     0x40
%define LIMIT   0x80                    ; only with the option "checks": what QEMU TCG does not check
%define ALL16   REAL | V86 | P16 | U16
%define ALL     ALL16 | P32 | U32       ; the code must mean the same in 16 and 32 bits
%define PROT    P16 | U16 | P32 | U32
%define L16     ALL16 | LIMIT

; TEST name, modes, size of the code
%assign number 0
%macro TEST 3
    %assign number number + 1
    %xdefine BASE code_ %+ number
        section .rodata
%%name: db      %1, 0
        section .snippets
        dd      %%name, BASE, %2
        section .text
        align   16
        bits    %3
BASE:
%endmacro
%macro DONE 0
        int     0x80
%endmacro
%define HERE(x) ((x) - BASE)

        section .snippets
snippets:

; ---- exceptions of instructions -------------------------------------------------------------------------------------
        TEST    "#DE: division by zero", ALL, 16
        div     bl
        DONE
        TEST    "#DE: quotient too large", ALL, 16
        mov     ah, 5
        mov     bl, 5
        div     bl
        DONE
        TEST    "#DE: idiv of -128 by -1 in 8 bits: fits not", ALL16, 16
        mov     ax, 128
        mov     bl, 1
        idiv    bl
        DONE
        TEST    "#DE: aam 0", ALL16, 16
        aam     0
        DONE
        TEST    "int3", ALL, 16
        int3
        DONE
        TEST    "int 3 in two bytes", ALL, 16
        db      0xCD, 3
        DONE
        TEST    "into without overflow", ALL, 16
        xor     al, al
        into
        DONE
        TEST    "into with overflow", ALL, 16
        mov     al, 0x7F
        inc     al
        into
        DONE
        TEST    "#BR: bound, within", ALL16, 16
        mov     word [0], 5
        mov     word [2], 7
        mov     ax, 7
        bound   ax, [0]
        DONE
        TEST    "#BR: bound, above", ALL16, 16
        mov     word [0], 5
        mov     word [2], 7
        mov     ax, 8
        bound   ax, [0]
        DONE
        TEST    "#BR: bound, negative", P32 | U32, 32
        mov     dword [0], 0
        mov     dword [4], 7
        dec     eax
        bound   eax, [0]
        DONE
        TEST    "#UD: ud2", ALL, 16
        ud2
        TEST    "#UD: bound of a register", ALL, 16
        db      0x62, 0xC0
        DONE
        TEST    "#UD: les of a register", ALL, 16
        db      0xC4, 0xC0
        DONE
        TEST    "#UD: mov to cs", ALL, 16
        db      0x8E, 0xC8
        DONE
        TEST    "#UD: mov from segment register 6", ALL, 16
        db      0x8C, 0xF0
        DONE
        TEST    "#UD: lock add of a register", ALL, 16
        db      0xF0, 0x01, 0xC0
        DONE
        TEST    "#UD: far call of a register", ALL, 16
        db      0xFF, 0xD8
        DONE
        TEST    "#UD: lgdt of a register", ALL, 16
        db      0x0F, 0x01, 0xD0
        DONE
        TEST    "#UD: mov from cr1", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xC8
        DONE
        TEST    "#UD: mov from dr4 with CR4.DE", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xE0
        or      al, 8
        db      0x0F, 0x22, 0xE0
        db      0x0F, 0x21, 0xE0
        DONE
        TEST    "arpl is not for real mode", REAL | V86 | V86_0, 16
        arpl    ax, bx
        DONE
        TEST    "lar is not for real mode", REAL | V86 | V86_0, 16
        lar     ax, bx
        DONE
        TEST    "lsl is not for real mode", REAL | V86, 16
        lsl     ax, bx
        DONE
        TEST    "verr is not for real mode", REAL | V86, 16
        verr    ax
        DONE
        TEST    "sldt is not for real mode", REAL | V86, 16
        sldt    ax
        DONE
        TEST    "str is not for real mode", REAL | V86, 16
        str     ax
        DONE
        TEST    "lldt is not for real mode", REAL | V86, 16
        lldt    ax
        DONE
        TEST    "ltr is not for real mode", REAL | V86, 16
        ltr     ax
        DONE
        TEST    "#NM: fwait with TS and MP", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xC0
        or      al, 0x0A
        db      0x0F, 0x22, 0xC0
        wait
        DONE
        TEST    "fwait with TS, without MP", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xC0
        or      al, 8
        db      0x0F, 0x22, 0xC0
        wait
        xor     ax, ax
        DONE
        TEST    "#NM: fnop with TS", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xC0
        or      al, 8
        db      0x0F, 0x22, 0xC0
        fnop
        DONE
        TEST    "#NM: fnop with EM", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xC0
        or      al, 4
        db      0x0F, 0x22, 0xC0
        fnop
        DONE
        TEST    "clts", REAL | P16 | P32, 16
        db      0x0F, 0x20, 0xC0
        or      al, 8
        db      0x0F, 0x22, 0xC0
        clts
        db      0x0F, 0x20, 0xC0
        DONE
        TEST    "#GP: fifteen prefixes are too many", ALL, 16
        times 15 db 0x2E
        nop
        DONE
        TEST    "fourteen prefixes are not", ALL, 16
        times 14 db 0x2E
        nop
        DONE

; ---- limits of 64 KiB -----------------------------------------------------------------------------------------------
        TEST    "word at the last byte of DS", L16, 16
        mov     ax, [0xFFFF]
        DONE
        TEST    "write of a word at the last byte of ES", L16, 16
        mov     [es:0xFFFF], ax
        DONE
        TEST    "read, change and write of a word at the last byte", L16, 16
        inc     word [0xFFFF]
        DONE
        TEST    "double word over the last byte of DS", L16, 16
        mov     eax, [0xFFFD]
        DONE
        TEST    "last byte of DS", ALL16, 16
        mov     byte [0xFFFF], 0x5A
        mov     al, [0xFFFF]
        DONE
        TEST    "beyond 64 KiB with an address of 32 bits", L16, 16
        mov     ebx, 0x10000
        mov     al, [ebx]
        DONE
        TEST    "word at the last byte of SS, through BP", L16, 16
        mov     bp, 0xFFFF
        mov     ax, [bp]
        DONE
        TEST    "word at the last byte of SS, by an override", L16, 16
        mov     bx, 0xFFFF
        mov     ax, [ss:bx]
        DONE
        TEST    "address of 16 bits wraps", ALL16, 16
        mov     byte [1], 0x77
        mov     bx, 0xFFFF
        mov     al, [bx + 2]
        DONE
        TEST    "push with SP 0 wraps", ALL16, 16
        mov     bx, sp
        xor     sp, sp
        mov     ax, 0x1234
        push    ax
        mov     ax, sp
        mov     sp, bx
        DONE
        TEST    "pop at SP 0xFFFE", ALL16, 16
        mov     bx, sp
        mov     word [ss:0xFFFE], 0x4321
        mov     sp, 0xFFFE
        pop     ax
        xchg    bx, sp
        DONE
        TEST    "pop over the end of the stack", P16 | U16 | LIMIT, 16
        mov     sp, 0xFFFF
        pop     ax
        DONE
        TEST    "push of 32 bits", ALL16, 16
        push    dword 0x12345678
        pop     ax
        pop     bx
        DONE
        TEST    "pushad and popad in 16 bits", ALL16, 16
        mov     eax, 0x11111111
        mov     ebx, 0x22222222
        pushad
        xor     eax, eax
        mov     [ss:0xFF00 - 20], eax   ; ESP, which POPAD leaves out
        xor     ebx, ebx
        popad
        DONE
        TEST    "enter with nesting", ALL16, 16
        mov     bp, sp
        push    word 0x1111
        enter   8, 2
        mov     ax, bp
        mov     bx, sp
        leave
        DONE
        TEST    "jump beyond the limit", L16, 16
        mov     eax, 0x10000
        jmp     eax
        TEST    "instruction over the end of the segment", L16, 16
        mov     ax, 0xFFFF              ; there stands MOV AL, without its operand
        jmp     ax
        TEST    "jump of 16 bits wraps", ALL16, 16
        mov     ax, 1
        db      0xE9
        dw      HERE(.there) - HERE(.next)
.next:  mov     ax, 2
.there: DONE
        TEST    "call and ret of 32 bits in 16-bit code", ALL16, 16
        call    dword .there
        mov     ax, 1
        DONE
.there: mov     ebx, [ss:0xFEFC]
        o32 ret
        TEST    "string over the end of DS", L16, 16
        mov     si, 0xFFFE
        mov     cx, 4
        rep lodsw
        mov     ax, si
        mov     bx, cx
        DONE
        TEST    "string of words that straddles the end", L16, 16
        mov     di, 0xFFFD
        mov     cx, 4
        rep stosw
        DONE
        TEST    "rep with CX 0 touches nothing", ALL16, 16
        mov     si, 0xFFFF
        mov     ecx, 0x10000
        rep movsw
        mov     ax, si
        DONE
        TEST    "loop counts CX", ALL16, 16
        mov     ecx, 0x10003
.again: inc     ax
        loop    .again
        mov     ebx, ecx
        DONE
        TEST    "xlat wraps", ALL16, 16
        mov     byte [0x0F], 0x33
        mov     bx, 0xFFFF
        mov     al, 0x10
        xlatb
        DONE

; ---- flags ----------------------------------------------------------------------------------------------------------
        TEST    "pushf after popf of everything", REAL | P16 | U16, 16
        push    word 0x7CD5             ; no TF, no IF
        popf
        pushf
        pop     ax
        push    word 2
        popf
        DONE
        TEST    "pushfd after popfd of everything", REAL | P16 | U16, 16
        push    dword 0x003C7CD5        ; AC, VIF, VIP, ID, no VM
        popfd
        pushfd
        pop     eax
        push    dword 2
        popfd
        DONE
        TEST    "popfd cannot set VM or RF", REAL | P16 | U16, 16
        push    dword 0x00030002
        popfd
        pushfd
        pop     eax
        DONE
        TEST    "popf sets IF", REAL | P16 | U16 | V86, 16
        push    word 0x0202
        popf
        pushf
        pop     ax
        cli
        DONE
        TEST    "sti", ALL16 | V86_0, 16
        sti
        pushf
        pop     ax
        cli
        DONE
        TEST    "cli", ALL16 | V86_0, 16
        cli
        DONE
        TEST    "pushf", ALL16 | V86_0, 16
        pushf
        pop     ax
        DONE
        TEST    "popf", V86_0, 16
        popf
        DONE
        TEST    "pushfd in virtual-8086 mode", V86, 16
        pushfd
        pop     eax
        DONE
        TEST    "popfd keeps IOPL, VM and RF in virtual-8086 mode", V86, 16
        push    dword 0x00014AD7        ; RF, NT, IOPL 0, OF, ZF, ...
        popfd
        pushfd
        pop     eax
        push    dword 2
        popfd
        DONE
        TEST    "iret", V86_0, 16
        iret
        TEST    "iret within virtual-8086 mode", REAL | V86, 16
        push    word 0x4ED7
        push    word 0x1000
        push    word HERE(.there)
        mov     bx, 2
        iret
        DONE
.there: pushf
        pop     ax
        push    word 2
        popf
        DONE
        TEST    "iretd within virtual-8086 mode", REAL | V86, 16
        push    dword 0x00214ED7
        push    dword 0x1000
        push    dword HERE(.there)
        iretd
        DONE
.there: pushfd
        pop     eax
        push    dword 2
        popfd
        DONE
        TEST    "int n with IOPL 0", V86_0, 16
        int     0x21
        TEST    "int3 with IOPL 0", V86_0, 16
        int3
        TEST    "into with IOPL 0", V86_0, 16
        mov     al, 0x7F
        inc     al
        into

        TEST    "iretd in user mode keeps VM, IOPL and IF", U32 | LIMIT, 32
        push    dword 0x00027202
        push    cs
        push    HERE(.there)
        iretd
.there: pushfd
        pop     eax
        and     eax, 0x00027200
        push    dword 2
        popfd
        DONE
        TEST    "popfd in user mode keeps IOPL and IF", U32, 32
        push    dword 0x00007202
        popfd
        pushfd
        pop     eax
        and     eax, 0x00007200
        push    dword 2
        popfd
        DONE

; ---- privileges -----------------------------------------------------------------------------------------------------
        TEST    "hlt", U16 | U32 | V86, 16
        hlt
        DONE
        TEST    "mov from cr0", U16 | U32 | V86, 16
        db      0x0F, 0x20, 0xC0
        DONE
        TEST    "mov to cr3", U16 | U32 | V86, 16
        db      0x0F, 0x22, 0xD8
        DONE
        TEST    "mov from dr7", U16 | U32 | V86, 16
        db      0x0F, 0x21, 0xF8
        DONE
        TEST    "clts in user mode", U16 | U32 | V86, 16
        clts
        DONE
        TEST    "lgdt in user mode", U16 | U32 | V86, 16
        db      0x0F, 0x01, 0x17
        DONE
        TEST    "lidt in user mode", U16 | U32 | V86, 16
        db      0x0F, 0x01, 0x1F
        DONE
        TEST    "sgdt in user mode", U16 | V86, 16
        db      0x0F, 0x01, 0x06, 0, 0  ; [0]
        mov     ax, [0]
        DONE
        TEST    "sidt in user mode", U16 | V86, 16
        db      0x0F, 0x01, 0x0E, 0, 0
        mov     ax, [0]
        DONE
        TEST    "smsw", ALL, 16
        db      0x0F, 0x01, 0xE0
        db      0x0F, 0xB7, 0xC0        ; MOVZX: the upper half is undefined
        DONE
        TEST    "lmsw in user mode", U16 | U32 | V86, 16
        db      0x0F, 0x01, 0xF0
        DONE
        TEST    "lmsw cannot clear PE, sets MP, EM and TS only", P16 | P32, 16
        mov     bx, 0xFFFE
        db      0x0F, 0x01, 0xF3        ; LMSW BX
        db      0x0F, 0x20, 0xC0
        DONE
        TEST    "sldt and str in user mode", U16 | P16, 16
        sldt    ax
        str     bx
        DONE
        TEST    "lldt in user mode", U16 | U32, 16
        db      0x0F, 0x00, 0xD0
        DONE
        TEST    "ltr in user mode", U16 | U32, 16
        db      0x0F, 0x00, 0xD8
        DONE
        TEST    "invlpg in user mode", U16 | U32 | V86, 16
        db      0x0F, 0x01, 0x3F
        DONE
        TEST    "wbinvd in user mode", U16 | U32 | V86, 16
        wbinvd
        DONE
        TEST    "rdmsr in user mode", U16 | U32 | V86, 16
        rdmsr
        DONE
        TEST    "wrmsr in user mode", U16 | U32 | V86, 16
        wrmsr
        DONE
        TEST    "rdtsc with TSD clear", U16 | U32 | V86 | REAL, 16
        rdtsc
        xor     ax, ax
        cwd
        db      0x66                    ; 32 bits in 16-bit code, and the other way round: EAX is not shown either way
        xor     ax, ax
        DONE
        TEST    "in al, 0x77: open", U16 | U32 | V86 | V86_0, 16
        in      al, 0x77
        xor     ax, ax
        db      0x66
        xor     ax, ax
        DONE
        TEST    "in al, 0x76: closed", U16 | U32 | V86 | V86_0, 16
        in      al, 0x76
        DONE
        TEST    "in ax, 0x77: half open", U16 | V86, 16
        in      ax, 0x77
        DONE
        TEST    "in al, dx: beyond the map", U16 | V86, 16
        mov     dx, 0x2000
        in      al, dx
        DONE
        TEST    "out 0x76: closed", U16 | U32 | V86, 16
        out     0x76, al
        DONE
        TEST    "outsb: closed", U16 | U32 | V86, 16
        outsb
        DONE
        TEST    "insb: closed", U16 | U32 | V86, 16
        insb
        DONE
        TEST    "rep insb: closed, with CX 0", U16 | U32 | V86, 16
        rep insb
        DONE
        TEST    "#AC: word at an odd address", U16 | V86 | P16, 16
        push    dword 0x40002
        popfd
        mov     ax, [1]
        DONE
        TEST    "#AC: double word at 2, but not a word", U16 | V86, 16
        push    dword 0x40002
        popfd
        mov     ax, [2]
        mov     eax, [2]
        DONE
        TEST    "#AC: push with an odd stack pointer", U32, 32
        mov     ebx, esp
        push    dword 0x40002
        popfd
        dec     esp
        push    eax
        DONE
        TEST    "#AC: 8 bytes of cmpxchg8b", U32, 32
        push    dword 0x40002
        popfd
        cmpxchg8b [4]
        DONE

; ---- CPU modes from within ------------------------------------------------------------------------------------------
        TEST    "unreal mode: a limit of 4 GiB stays in real mode", REAL, 16
        cli
        mov     ax, cs
        mov     ds, ax
        o32 lgdt [HERE(.pointer)]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     short .protected
.protected:
        mov     bx, 0x10                ; flat data
        mov     es, bx
        and     al, 0xFE
        mov     cr0, eax
        jmp     0x1000:HERE(.real)
.real:  xor     ax, ax
        mov     es, ax
        mov     ebx, 0x200000           ; beyond 1 MiB
        mov     dword [es:ebx], 0x600DF00D
        mov     eax, [es:ebx]
        DONE
        align   4
.pointer: dw    .gdt_end - .gdt - 1
        dd      0x10000 + HERE(.gdt)
        align   8
.gdt:   dq      0, 0
        dq      0x00CF93000000FFFF
.gdt_end:
        TEST    "a code segment of protected mode goes on behind the switch to real mode", REAL, 16
        cli
        mov     ax, cs
        mov     ds, ax
        o32 lgdt [HERE(.pointer)]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        mov     bx, cs                  ; still the selector of real mode
        jmp     8:HERE(.protected)
.protected:
        mov     dx, cs
        and     al, 0xFE
        mov     cr0, eax
        mov     cx, cs                  ; still the selector of protected mode
        jmp     0x1000:HERE(.real)
.real:  mov     ax, cs
        shl     eax, 16
        mov     ax, bx
        shl     ecx, 16
        mov     cx, dx
        mov     ebx, ecx
        DONE
        align   4
.pointer: dw    .gdt_end - .gdt - 1
        dd      0x10000 + HERE(.gdt)
        align   8
.gdt:   dq      0
        dq      0x00009B010000FFFF      ; base 0x10000
.gdt_end:
        TEST    "real mode: interrupt table elsewhere", REAL, 16
        mov     word [0x204], HERE(.there)
        mov     word [0x206], 0x1000
        mov     ax, cs
        mov     es, ax
        o32 lidt [es:HERE(.pointer)]
        stc
        sti
        int     0x41                    ; 0x30000 + 4 * 0x41 is not there: 0x30100 + 4 * 0x41 is
        DONE
.there: pushf
        pop     ax
        mov     bp, sp
        mov     bx, [bp + 4]            ; the flags before: IF is set
        xor     ecx, ecx
        mov     es, cx
        o32 lidt [cs:HERE(.usual)]
        add     sp, 6
        DONE
.pointer: dw    0x3FF
        dd      0x30100
.usual: dw      0x3FF
        dd      0
        TEST    "real mode: vector beyond the limit of the table", REAL, 16
        o32 lidt [cs:HERE(.pointer)]
        int     0x80
.pointer: dw    0x1FF
        dd      0
        TEST    "real mode: far call, far return and its release", REAL | V86, 16
        push    word 0x5555
        call    0x0FFF:HERE(.there) + 16
        mov     bx, sp
        DONE
.there: mov     bp, sp
        mov     ax, [bp + 2]            ; CS before
        shl     eax, 16
        mov     ax, cs
        retf    2
        TEST    "real mode: lds, les, lss, lfs, lgs", REAL | V86, 16
        mov     dword [0], 0x12345678
        mov     ax, ds
        les     di, [0]
        lfs     si, [0]
        lgs     dx, [0]
        mov     bx, es
        lds     bx, [0]
        mov     ax, ds
        DONE

; ---- debug ------------------------------------------------------------------------------------------------------------
        TEST    "single step: the instruction behind popf", ALL16, 16
        push    word 0x102
        popf
        nop
        nop
        DONE
        TEST    "single step: mov ss holds it off for one", REAL | P16, 16
        mov     ax, ss
        push    word 0x102
        popf
        mov     ss, ax
        nop
        nop
        DONE
        TEST    "single step: pop ss holds it off for one", REAL | P16, 16
        push    ss
        push    word 0x102
        popf
        pop     ss
        nop
        nop
        DONE
        TEST    "single step: over int n", REAL | P16, 16
        push    word 0x102
        popf
        int     0x80
        TEST    "single step: a fault goes first", ALL16, 16
        push    word 0x102
        popf
        ud2
        TEST    "single step: rep, each step", ALL16, 16
        mov     cx, 3
        push    word 0x102
        popf
        rep stosb
        DONE
        section .snippets
snippets_end:
        dd      0, 0, 0
