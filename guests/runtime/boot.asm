; boot: how every guest written in C gets from the boot loader to guest(cpu) in long mode.
;
; The image is flat, with a multiboot 1 header that has the address fields, so a loader needs no ELF reader. The boot
; processor arrives in 32-bit protected mode, makes the page tables, goes BACK to real mode, and from there takes the
; same road as every application processor takes from its start-up IPI:
;
;     real mode at 0x0800:0000  ->  protected mode  ->  long mode with paging  ->  guest(number), in order of arrival
;
; Memory:   0x00008000            the trampoline, copied there (start-up vector 8)
;           0x00100000            the image
; Paging:   identity, 4 GiB; the first 2 MiB in 4 KiB pages with page 0 missing, the rest in 2 MiB pages; everything
;           above 2 GiB is uncacheable, since devices live there

        cpu     x64

MAGIC           equ     0x1BADB002
FLAGS           equ     0x00010002      ; address fields are valid; tell us about memory
TRAMPOLINE      equ     0x8000
CPUS            equ     16
STACK_BYTES     equ     16384

EFER            equ     0xC0000080
EFER_LME_NXE    equ     0x900
CR0_PG_WP       equ     0x80010000
CR0_PE          equ     1
CR4_PAE         equ     0x20

CODE32          equ     0x08
DATA            equ     0x10
CODE64          equ     0x18
CODE16          equ     0x20
DATA16          equ     0x28

        extern  guest, interrupt, image_start, data_end, bss_end
        global  boot_magic, boot_info, cpu_arrivals, gdt, gdt_end, stub_0, stacks, pml4, pdpt, directories

        section .multiboot
        align   4
header: dd      MAGIC, FLAGS, -(MAGIC + FLAGS) & 0xFFFFFFFF
        dd      header, image_start, data_end, bss_end, start

        section .text
        bits    32
start:  cli
        cld
        mov     [boot_magic], eax
        mov     [boot_info], ebx
        mov     esp, stacks + STACK_BYTES
        call    make_tables
        mov     esi, trampoline
        mov     edi, TRAMPOLINE
        mov     ecx, trampoline_end - trampoline
        rep movsb
        lgdt    [gdt_pointer]
        jmp     CODE16:(TRAMPOLINE + leave_protected - trampoline)

make_tables:
        mov     dword [pml4], pdpt + 3
        mov     eax, directories + 3
        mov     edi, pdpt
        mov     ecx, 4
.pdpt:  mov     [edi], eax
        add     eax, 4096
        add     edi, 8
        loop    .pdpt
        mov     eax, 0x83               ; present, writable, 2 MiB
        mov     edi, directories
        mov     ecx, 2048
.pd:    cmp     eax, 0x80000000
        jb      .ram
        or      al, 0x18                ; uncacheable
.ram:   mov     [edi], eax
        add     eax, 0x200000
        add     edi, 8
        loop    .pd
        mov     dword [directories], first_table + 3
        mov     eax, 0x1003             ; page 0 stays away: a null pointer faults
        mov     edi, first_table + 8
        mov     ecx, 511
.pt:    mov     [edi], eax
        add     eax, 4096
        add     edi, 8
        loop    .pt
        ret

; ---- copied to TRAMPOLINE -----------------------------------------------------------------------------------------
        align   16
        bits    16
trampoline:                             ; a start-up IPI begins here, with CS:IP = 0x0800:0000
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        o32 lgdt [gdt_pointer_copy - trampoline]
        mov     eax, cr0
        or      al, CR0_PE
        mov     cr0, eax
        jmp     dword CODE32:protected

leave_protected:                        ; the boot processor: 16-bit protected mode, then real mode
        mov     ax, DATA16
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     eax, cr0
        and     al, ~CR0_PE & 0xFF
        mov     cr0, eax
        jmp     (TRAMPOLINE >> 4):0

        align   8
gdt_pointer_copy:
        dw      gdt_end - gdt - 1
        dd      gdt
trampoline_end:
; --------------------------------------------------------------------------------------------------------------------

        bits    32
protected:
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        xor     ax, ax
        mov     fs, ax
        mov     gs, ax
        mov     eax, cr4
        or      eax, CR4_PAE
        mov     cr4, eax
        mov     eax, pml4
        mov     cr3, eax
        mov     ecx, EFER
        rdmsr
        or      eax, EFER_LME_NXE
        wrmsr
        mov     eax, cr0
        or      eax, CR0_PG_WP
        mov     cr0, eax
        jmp     CODE64:long_mode

        bits    64
long_mode:
        mov     edi, 1
        lock xadd [cpu_arrivals], edi   ; who comes first is number 0
        cmp     edi, CPUS
        jae     .halt
        lea     eax, [rdi + 1]
        imul    eax, STACK_BYTES
        lea     rsp, [rax + stacks]
        xor     ebp, ebp
        call    guest
.halt:  cli
        hlt
        jmp     .halt

; Each stub pushes what the processor did not: an error code, and the vector. struct frame in runtime.h is the result.
%macro stub 1
        align   16
stub_%1:
    %if !(%1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17 || %1 == 21)
        push    0
    %endif
        push    strict dword %1
        jmp     save_all
%endmacro
%assign vector 0
%rep 256
        stub    vector
    %assign vector vector + 1
%endrep

save_all:
        push    rax
        push    rcx
        push    rdx
        push    rbx
        push    rbp
        push    rsi
        push    rdi
        push    r8
        push    r9
        push    r10
        push    r11
        push    r12
        push    r13
        push    r14
        push    r15
        cld
        mov     rdi, rsp
        mov     rbp, rsp
        and     rsp, -16
        call    interrupt
        mov     rsp, rbp
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     r11
        pop     r10
        pop     r9
        pop     r8
        pop     rdi
        pop     rsi
        pop     rbp
        pop     rbx
        pop     rdx
        pop     rcx
        pop     rax
        add     rsp, 16
        iretq

        section .data
        align   8
gdt:    dq      0
        dq      0x00CF9B000000FFFF      ; CODE32, flat
        dq      0x00CF93000000FFFF      ; DATA, flat
        dq      0x00AF9B000000FFFF      ; CODE64
        dq      0x00009B000000FFFF      ; CODE16, base 0
        dq      0x000093000000FFFF      ; DATA16, base 0
        times   2 * CPUS dq 0           ; the task state segments, filled in by the runtime
gdt_end:
gdt_pointer:
        dw      gdt_end - gdt - 1
        dd      gdt
boot_magic:     dd 0
boot_info:      dd 0
cpu_arrivals:   dd 0

        section .bss
        alignb  4096
pml4:           resb 4096
pdpt:           resb 4096
directories:    resb 4 * 4096
first_table:    resb 4096
stacks:         resb CPUS * STACK_BYTES
