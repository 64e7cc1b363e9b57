; One small experiment each. TEST name, ring: the code runs with RDI = a scratch page (TEST_PAGE, user-accessible) and
; ends with RET (ring 0) or INT 0x80 (ring 3); what it leaves in RAX is logged, or the exception that ended it. Ring
; 0x100 means ring 0, and only with the option extra=1, since QEMU TCG does not survive it.
        cpu     x64
        bits    64
        default rel
        global  snippets, snippets_end
        global  read_it, write_it, add_it, run_it, user_read_it, user_write_it, user_add_it, user_run_it
        global  read_8, write_8, add_8

%macro TEST 2
        section .rodata
%%name: db      %1, 0
        section .snippets
        dq      %%name, %%code, %2
        section .text
        align   16
%%code:
%endmacro

%macro DONE 0
        int     0x80
%endmacro

        section .snippets
snippets:

        section .text
read_it:        mov     al, [rdi]
                ret
write_it:       mov     [rdi], al
                ret
add_it:         add     byte [rdi], 1
                ret
run_it:         call    rdi
                ret
user_read_it:   mov     al, [rdi]
                DONE
user_write_it:  mov     [rdi], al
                DONE
user_add_it:    add     byte [rdi], 1
                DONE
user_run_it:    jmp     rdi
read_8:         mov     rax, [rdi]
                ret
write_8:        mov     [rdi], rax
                ret
add_8:          add     qword [rdi], 1
                ret

; ---- exceptions of instructions -------------------------------------------------------------------------------------
        TEST    "ud2", 0
        ud2
        ret
        TEST    "ud2, user", 3
        ud2
        DONE
        TEST    "ud: lock on a register", 0
        db      0xF0, 0x01, 0xC0
        ret
        TEST    "ud: lock mov", 0
        db      0xF0, 0x89, 0x07
        ret
        TEST    "ud: lea register", 0
        db      0x8D, 0xC0
        ret
        TEST    "ud: mov to cs", 0
        db      0x8E, 0xC8
        ret
        TEST    "ud: push es in long mode", 0
        db      0x06
        ret
        TEST    "ud: daa in long mode", 0
        db      0x27
        ret
        TEST    "ud: far call with a pointer in long mode", 0
        db      0x9A, 0, 0, 0, 0, 0x18, 0
        ret
        TEST    "ud: mov to cr1", 0
        db      0x0F, 0x22, 0xC8
        ret
        TEST    "ud: mov from cr5", 0
        db      0x0F, 0x20, 0xE8
        ret
        TEST    "ud: mov from dr4 with CR4.DE", 0
        mov     rax, cr4
        or      al, 8
        mov     cr4, rax
        db      0x0F, 0x21, 0xE0
        ret
        TEST    "dr4 is dr6 without CR4.DE", 0
        db      0x0F, 0x21, 0xE0
        ret
        TEST    "dr7 after reset of the state", 0
        mov     rax, dr7
        ret
        TEST    "divide by zero", 0
        mov     eax, 5
        div     edx
        ret
        TEST    "divide overflow", 0
        mov     edx, 5
        mov     ecx, 5
        div     ecx
        ret
        TEST    "idiv overflow of 64 bits", 0
        mov     rax, 0x8000000000000000
        cqo
        mov     rcx, -1
        idiv    rcx
        ret
        TEST    "int3", 0
        int3
        ret
        TEST    "int3, user", 3
        int3
        DONE
        TEST    "int 3 in two bytes, user", 3
        db      0xCD, 3
        DONE
        TEST    "icebp, user", 3
        db      0xF1
        DONE
        TEST    "int 0x40, kernel", 0
        int     0x40
        ret
        TEST    "int 0x40, user", 3
        int     0x40
        DONE
        TEST    "fifteen bytes", 0
        times   14 db 0x66
        nop
        ret
        TEST    "sixteen bytes", 0
        times   15 db 0x66
        nop
        ret

; ---- privileged instructions in user mode -----------------------------------------------------------------------------
        TEST    "user: hlt", 3
        hlt
        DONE
        TEST    "user: cli", 3
        cli
        DONE
        TEST    "user: sti", 3
        sti
        DONE
        TEST    "user: mov from cr0", 3
        mov     rax, cr0
        DONE
        TEST    "user: mov to cr3", 3
        mov     cr3, rax
        DONE
        TEST    "user: mov from dr7", 3
        mov     rax, dr7
        DONE
        TEST    "user: clts", 3
        clts
        DONE
        TEST    "user: lgdt", 3
        lgdt    [rdi]
        DONE
        TEST    "user: lidt", 3
        lidt    [rdi]
        DONE
        TEST    "user: lldt", 3
        lldt    ax
        DONE
        TEST    "user: ltr", 3
        ltr     ax
        DONE
        TEST    "user: lmsw", 3
        lmsw    ax
        DONE
        TEST    "user: invlpg", 3
        invlpg  [rdi]
        DONE
        TEST    "user: wbinvd", 3
        wbinvd
        DONE
        TEST    "user: rdmsr", 3
        mov     ecx, 0xC0000080
        rdmsr
        DONE
        TEST    "user: wrmsr", 3
        wrmsr
        DONE
        TEST    "user: swapgs", 3
        swapgs
        DONE
        TEST    "user: sysretq", 3
        o64 sysret
        DONE
        TEST    "user: in al, 0x77 is open", 3
        in      al, 0x77
        xor     eax, eax
        DONE
        TEST    "user: in al, 0x76", 3
        in      al, 0x76
        DONE
        TEST    "user: in ax, 0x77", 3
        in      ax, 0x77
        DONE
        TEST    "user: in ax, 0x7f: beyond the map", 3
        in      ax, 0x7F
        DONE
        TEST    "user: out 0x80", 3
        out     0x80, al
        DONE
        TEST    "user: popf keeps IF and IOPL", 3
        push    0x3202
        popfq
        pushfq
        pop     rax
        DONE
        TEST    "user: rdtsc with CR4.TSD off", 3
        rdtsc
        xor     eax, eax
        DONE
        TEST    "user: smsw", 3
        xor     eax, eax
        smsw    ax
        DONE

; ---- addresses --------------------------------------------------------------------------------------------------------
        TEST    "read of a non-canonical address", 0
        mov     rax, 0x800000000000
        mov     rax, [rax]
        ret
        TEST    "push at a non-canonical address", 0
        mov     rsp, 0x800000000000
        push    rax
        ret
        TEST    "read through rbp of a non-canonical address", 0
        mov     rbp, 0x8000000000000000
        mov     rax, [rbp]
        ret
        TEST    "jump to a non-canonical address", 0
        mov     rax, 0x800000000000
        jmp     rax
        TEST    "call of a non-canonical address", 0
        mov     rax, 0x8000000000000000
        call    rax
        ret
        TEST    "return to a non-canonical address", 0
        mov     rax, 0x800000000000
        push    rax
        ret
        TEST    "read through rbp over the last canonical bytes", 0
        mov     rbp, 0x7FFFFFFFFFFC
        mov     rax, [rbp]
        ret
        TEST    "write through rsp over the last canonical bytes", 0
        mov     rcx, rsp
        mov     rsp, 0x7FFFFFFFFFFD
        mov     [rsp], eax
        ret
        TEST    "pop over the last canonical bytes", 0
        mov     rsp, 0x7FFFFFFFFFFC
        pop     rax
        ret
        TEST    "push over the last canonical bytes", 0
        mov     rsp, 0x800000000004
        push    rax
        ret
        TEST    "write over the last canonical bytes", 0
        mov     rdi, 0x7FFFFFFFFFFE
        mov     [rdi], eax
        ret
        TEST    "read at the last canonical bytes", 0
        mov     rax, 0x7FFFFFFFFFFF
        mov     rax, [rax]
        ret
        TEST    "null pointer", 0
        xor     eax, eax
        mov     [rax + 8], eax
        ret
        TEST    "address size of 32 bits wraps", 0
        mov     eax, 0xFFFFFFFF
        mov     dword [edi], 0x1234
        lea     rcx, [rdi + 1]
        mov     eax, [a32 eax + ecx]
        ret
        TEST    "cmpxchg16b misaligned", 0
        lock cmpxchg16b [rdi + 8]
        ret
        TEST    "cmpxchg16b", 0
        mov     qword [rdi], 0
        mov     qword [rdi + 8], 0
        mov     ebx, 7
        xor     eax, eax
        lock cmpxchg16b [rdi]
        mov     rax, [rdi]
        ret
        TEST    "alignment check, user, AC and AM", 3
        push    0x40002
        popfq
        mov     eax, [rdi + 1]
        DONE
        TEST    "alignment check, user, aligned", 3
        push    0x40002
        popfq
        mov     eax, [rdi + 4]
        xor     eax, eax
        DONE

; ---- control registers --------------------------------------------------------------------------------------------------
        TEST    "cr0: PG without PE", 0
        mov     eax, 0x80000010
        mov     cr0, rax
        ret
        TEST    "cr0: NW without CD", 0
        mov     eax, 0xA0010033
        mov     cr0, rax
        ret
        TEST    "cr0: bit 32", 0
        mov     rax, 0x180010033
        mov     cr0, rax
        ret
        TEST    "cr0: reserved bit 6 is ignored", 0
        mov     rax, cr0
        or      al, 0x40
        mov     cr0, rax
        mov     rax, cr0
        ret
        TEST    "cr0: PG off in 64-bit mode", 0x100
        mov     rax, cr0
        btr     rax, 31
        mov     cr0, rax
        ret
        TEST    "cr4: PAE off in long mode", 0x100
        xor     eax, eax
        mov     cr4, rax
        ret
        TEST    "cr4: reserved bit 15", 0x100
        mov     eax, 0x8020
        mov     cr4, rax
        ret
        TEST    "cr4: bit 32", 0x100
        mov     rax, 0x100000020
        mov     cr4, rax
        ret
        TEST    "cr3: reserved bit 62", 0x100
        mov     rax, cr3
        bts     rax, 62
        mov     cr3, rax
        ret
        TEST    "cr3 keeps PWT and PCD", 0
        mov     rcx, cr3
        mov     rax, rcx
        or      al, 0x18
        mov     cr3, rax
        mov     rax, cr3
        and     eax, 0xFFF
        mov     cr3, rcx
        ret
        TEST    "lmsw cannot clear PE", 0
        xor     eax, eax
        lmsw    ax
        mov     rax, cr0
        ret
        TEST    "lmsw sets TS", 0
        mov     eax, 0xFFF9
        lmsw    ax
        mov     rax, cr0
        ret
        TEST    "clts", 0
        mov     rax, cr0
        or      al, 8
        mov     cr0, rax
        clts
        mov     rax, cr0
        ret
        TEST    "smsw of 64 bits", 0
        mov     rax, -1
        smsw    rax
        ret
        TEST    "smsw to memory writes 2 bytes", 0
        mov     qword [rdi], -1
        smsw    [rdi]
        mov     rax, [rdi]
        ret
        TEST    "fwait with TS and MP", 0
        mov     rax, cr0
        or      al, 0x0A
        mov     cr0, rax
        fwait
        xor     eax, eax
        ret
        TEST    "fwait with TS, without MP", 0
        mov     rax, cr0
        or      al, 8
        and     al, 0xFD
        mov     cr0, rax
        fwait
        xor     eax, eax
        ret
        TEST    "efer: reserved bit", 0
        mov     ecx, 0xC0000080
        mov     eax, 0xD01
        mov     edx, 1
        wrmsr
        ret
        TEST    "efer: LME off while paging", 0
        mov     ecx, 0xC0000080
        mov     eax, 0xC01
        xor     edx, edx
        wrmsr
        ret
        TEST    "efer: LMA cannot be written", 0
        mov     ecx, 0xC0000080
        mov     eax, 0x901
        xor     edx, edx
        wrmsr
        rdmsr
        ret
        TEST    "cr8", 0
        mov     eax, 5
        mov     cr8, rax
        mov     rax, cr8
        xor     ecx, ecx
        mov     cr8, rcx
        ret
        TEST    "cr8: reserved bit", 0
        mov     eax, 0x10
        mov     cr8, rax
        ret

; ---- MSRs -----------------------------------------------------------------------------------------------------------
        TEST    "msr: fs base", 0
        mov     ecx, 0xC0000100
        mov     edx, 0x7FFF
        mov     eax, 0x12345678
        wrmsr
        rdmsr
        shl     rdx, 32
        or      rax, rdx
        ret
        TEST    "msr: fs base not canonical", 0
        mov     ecx, 0xC0000100
        mov     edx, 0x8000
        xor     eax, eax
        wrmsr
        ret
        TEST    "msr: kernel gs base not canonical", 0
        mov     ecx, 0xC0000102
        mov     edx, 0x80000000
        xor     eax, eax
        wrmsr
        ret
        TEST    "msr: lstar not canonical", 0
        mov     ecx, 0xC0000082
        mov     edx, 0x8000
        xor     eax, eax
        wrmsr
        ret
        TEST    "msr: one that does not exist", 0
        mov     ecx, 0x12345
        rdmsr
        ret
        TEST    "swapgs", 0
        mov     ecx, 0xC0000101
        mov     eax, 1
        xor     edx, edx
        wrmsr
        mov     ecx, 0xC0000102
        mov     eax, 2
        wrmsr
        swapgs
        mov     ecx, 0xC0000101
        rdmsr
        mov     rsi, rax
        mov     ecx, 0xC0000102
        rdmsr
        shl     rsi, 4
        or      rax, rsi
        ret
        TEST    "a null selector in gs", 0
        xor     eax, eax
        mov     gs, ax
        mov     eax, gs
        ret
        TEST    "gs base of 64 bits is used", 0
        mov     ecx, 0xC0000101
        mov     rax, rdi
        mov     rdx, rdi
        shr     rdx, 32
        wrmsr
        mov     dword [rdi + 16], 0x55AA
        mov     eax, [gs:abs 16]
        ret
        TEST    "loading a segment sets its base to 32 bits", 0
        mov     ecx, 0xC0000100
        mov     edx, 0x7FFF
        mov     eax, 0x12345678
        wrmsr
        mov     eax, 0x10
        mov     fs, ax
        rdmsr
        shl     rdx, 32
        or      rax, rdx
        ret

; ---- stack ----------------------------------------------------------------------------------------------------------
        TEST    "push and pop of 16 bits", 0
        mov     rcx, rsp
        push    word 0x1234
        pop     ax
        sub     rcx, rsp
        shl     rcx, 16
        or      rax, rcx
        ret
        TEST    "push of a sign-extended byte", 0
        push    byte -2
        pop     rax
        ret
        TEST    "push rsp pushes the old value", 0
        mov     rcx, rsp
        push    rsp
        pop     rax
        sub     rax, rcx
        ret
        TEST    "pop to memory addressed by rsp", 0
        push    0x11
        push    0x22
        pop     qword [rsp]
        pop     rax
        ret
        TEST    "enter and leave", 0
        mov     rcx, rsp
        mov     rbp, rsp
        enter   32, 2
        lea     rax, [rsp]
        sub     rax, rcx
        neg     rax
        leave
        ret
        TEST    "ret with a count", 0
        mov     rcx, rsp
        push    0
        lea     rax, [.back101]
        push    rax
        ret     8
.back101: mov     rax, rcx
        sub     rax, rsp
        ret
        TEST    "popfq: reserved bits and VM", 0
        mov     rax, 0xFFFFFFFFFFFF0CFF & ~0x4100
        push    rax
        popfq
        pushfq
        pop     rax
        push    2
        popfq
        ret
        TEST    "popf of 16 bits keeps the upper half", 0
        push    0x240002
        popfq
        push    word 0x02
        o16 popf
        pushfq
        pop     rax
        push    2
        popfq
        ret
        TEST    "pushf of 16 bits", 0
        mov     rcx, rsp
        stc
        o16 pushf
        xor     eax, eax
        pop     ax
        and     eax, 0xFFF
        sub     rcx, rsp
        shl     rcx, 32
        or      rax, rcx
        ret

; ---- single step, breakpoints -----------------------------------------------------------------------------------------
%macro STEP_ON 0
        pushfq
        or      dword [rsp], 0x100
        popfq
%endmacro
        TEST    "step: one instruction after popf", 0
        STEP_ON
        nop
        nop
        ret
        TEST    "step: over mov ss it comes one later", 0
        mov     eax, ss
        STEP_ON
        mov     ss, ax
        nop
        nop
        ret
        TEST    "step: into int 0x40 the flag is clear", 0
        STEP_ON
        int     0x40
        ret
        TEST    "step: rep stosb stops after each byte", 0
        mov     ecx, 3
        STEP_ON
        rep stosb
        nop
        ret
        TEST    "step: pushf shows the flag", 0
        STEP_ON
        pushfq
        nop
        ret
        TEST    "step: popf that clears it still traps", 0
        push    2
        STEP_ON
        popfq
        nop
        ret
        TEST    "step: user", 3
        STEP_ON
        nop
        DONE
        TEST    "step: taken jump", 0
        STEP_ON
        jmp     .there112
        nop
.there112: nop
        ret
        TEST    "step: DR6 has BS", 0
        STEP_ON
        mov     rax, dr6
        ret
        TEST    "break: execution", 0
        lea     rax, [.here114]
        mov     dr0, rax
        mov     eax, 0x401
        mov     dr7, rax
        nop
.here114: nop
        ret
        TEST    "break: execution with RF goes on", 0
        lea     rax, [.here115]
        mov     dr0, rax
        mov     eax, 0x401
        mov     dr7, rax
        mov     rcx, rsp
        mov     eax, ss
        push    rax
        push    rcx
        push    0x10002
        mov     eax, cs
        push    rax
        lea     rax, [.here115]
        push    rax
        iretq
.here115: mov     eax, 0x77
        ret
        TEST    "break: write of 4 bytes", 0
        mov     dr1, rdi
        mov     eax, 0x00D00404
        mov     dr7, rax
        mov     eax, [rdi]
        mov     [rdi], eax
        nop
        ret
        TEST    "break: read or write, one byte inside", 0
        lea     rax, [rdi + 3]
        mov     dr2, rax
        mov     eax, 0x03000410
        mov     dr7, rax
        mov     eax, [rdi]
        nop
        ret
        TEST    "break: not enabled", 0
        mov     dr3, rdi
        mov     eax, 0xF0000400
        mov     dr7, rax
        mov     eax, [rdi]
        mov     eax, 0x66
        ret
        TEST    "break: general detect", 0
        xor     eax, eax
        mov     dr0, rax
        mov     eax, 0x2400
        mov     dr7, rax
        mov     rax, dr0
        ret
        TEST    "dr6: upper half must be 0", 0
        mov     rax, 0x100000000
        mov     dr6, rax
        ret
        TEST    "dr7: upper half must be 0", 0
        mov     rax, 0x100000400
        mov     dr7, rax
        ret
        TEST    "dr6: fixed bits", 0
        xor     eax, eax
        mov     dr6, rax
        mov     rax, dr6
        ret
        TEST    "dr7: fixed bits", 0
        mov     eax, 0xFFFFD7FF
        mov     dr7, rax
        mov     rax, dr7
        ret

; ---- syscall ----------------------------------------------------------------------------------------------------------
%macro SYSCALL_MSRS 1
        mov     ecx, 0xC0000081         ; STAR: user base 0x60, kernel 0x10
        xor     eax, eax
        mov     edx, 0x00600010
        wrmsr
        mov     ecx, 0xC0000082
        lea     rax, [%1]
        xor     edx, edx
        wrmsr
        mov     ecx, 0xC0000084
        mov     eax, 0x601
        wrmsr
%endmacro
        TEST    "syscall: rcx, r11 and the masked flags", 0
        SYSCALL_MSRS .entry124
        stc
        std
        syscall
.after124: nop
        ret
.entry124: pushfq
        pop     rax
        lea     rdx, [.after124]
        sub     rcx, rdx
        cld
        and     r11d, 0xFFF
        shl     r11, 16
        and     eax, 0xFFF
        or      rax, r11
        shl     rcx, 48
        or      rax, rcx
        mov     ecx, cs
        shl     rcx, 32
        or      rax, rcx
        mov     ecx, 0x10
        mov     ss, cx
        ret
        TEST    "syscall without SCE", 0
        mov     ecx, 0xC0000080
        mov     eax, 0xD00
        xor     edx, edx
        wrmsr
        syscall
        ret
        TEST    "sysretq to a non-canonical address", 0
        mov     rcx, 0x800000000000
        mov     r11d, 2
        o64 sysret
        TEST    "sysretq: selectors and flags", 0
        SYSCALL_MSRS .user127
        mov     rcx, [rel window_delta]
        lea     rax, [.user127]
        add     rcx, rax
        mov     r11d, 0x8D7
        mov     rsp, 0x401F0000
        o64 sysret
.user127: pushfq
        pop     rax
        mov     ecx, cs
        shl     rcx, 16
        or      rax, rcx
        mov     ecx, ss
        shl     rcx, 32
        or      rax, rcx
        DONE

; ---- self-modification --------------------------------------------------------------------------------------------------
        TEST    "code: the next instruction is changed", 0
        lea     rcx, [.patch128 + 1]
        mov     byte [rcx], 0x5A
        jmp     .patch128
.patch128: mov     al, 0x11
        movzx   eax, al
        mov     byte [rcx], 0x11
        ret
        TEST    "code: over a page boundary", 0
        lea     rcx, [rdi + 0x100]
        mov     dword [rcx], 0x000042B8
        mov     word [rcx + 4], 0xC300
        call    rcx
        ret

        section .snippets
snippets_end:
        section .data
        global  window_delta
        align   8
window_delta:   dq 0
