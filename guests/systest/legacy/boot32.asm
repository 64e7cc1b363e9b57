; How the guest "legacy" starts, how an experiment is entered in each mode, and how an exception or INT 0x80 ends it.
;
;   enter        protected mode of 16 or 32 bits at any level, and virtual-8086 mode: by IRETD, from the struct "entry"
;   enter_real   real mode
;   recover      where both come back to: the caller of enter; what ended the experiment is in the struct "caught"
;
; Memory:   0x00006000            real-mode code and its data, copied there
;           0x00010000 0x00020000 0x00030000   code, stack and data of experiments
;           0x00100000            the image

        cpu     x64
MAGIC           equ     0x1BADB002
FLAGS           equ     0x00010000      ; address fields are valid
REAL            equ     0x6000
CODE            equ     0x08
DATA            equ     0x10
REAL_CODE       equ     0xC0            ; 16 bits, base REAL
REAL_DATA       equ     0xC8            ; 16 bits, base 0

        extern  guest, data_end, bss_end, gdt_pointer
        global  start, boot_magic, boot_info, stub_0, enter, enter_real, recover, recovery_esp, entry, caught, real_start, real_end
        global  kernel_stack_top, task_handler, caught_words, bare_handler

        section .multiboot
        align   4
header: dd      MAGIC, FLAGS, -(MAGIC + FLAGS) & 0xFFFFFFFF
        dd      header, header, data_end, bss_end, start

        section .text
        bits    32
start:  cli
        cld
        mov     [boot_magic], eax
        mov     [boot_info], ebx
        mov     esp, main_stack_top
        call    guest
.halt:  cli
        hlt
        jmp     .halt

; ---- into an experiment ---------------------------------------------------------------------------------------------
enter:  pushad
        mov     [recovery_esp], esp
        test    dword [entry.flags], 0x20000
        jnz     .v86
        test    byte [entry.cs], 3
        jz      .inner
        push    dword [entry.ss]
        push    dword [entry.esp]
        jmp     .go
.v86:   push    dword [entry.gs]
        push    dword [entry.fs]
        push    dword [entry.ds]
        push    dword [entry.es]
        push    dword [entry.ss]
        push    dword [entry.esp]
        push    dword [entry.flags]
        push    dword [entry.cs]
        push    dword [entry.eip]
        jmp     .clear
.inner: lss     esp, [entry.esp]
.go:    push    dword [entry.flags]
        push    dword [entry.cs]
        push    dword [entry.eip]
        mov     gs, [entry.gs]
        mov     fs, [entry.fs]
        mov     es, [entry.es]
        mov     ds, [entry.ds]
.clear: xor     eax, eax
        xor     ebx, ebx
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        iretd

recover:
        jmp     CODE:.flat
.flat:  mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     esp, [recovery_esp]
        push    dword 2
        popfd
        popad
        ret

; ---- out of it ------------------------------------------------------------------------------------------------------
%macro stub 1
        align   16
stub_%1:
    %if !(%1 == 8 || (%1 >= 10 && %1 <= 14) || %1 == 17)
        push    dword 0
    %endif
        push    strict dword %1
        jmp     save_all
%endmacro
%assign vector 0
%rep 256
        stub    vector
    %assign vector vector + 1
%endrep

; On the stack: vector, error, EIP, CS, EFLAGS, and perhaps ESP, SS, and perhaps ES, DS, FS, GS
save_all:
        push    eax
        push    ds
        mov     ax, DATA
        mov     ds, ax
        pop     dword [caught.in_ds]
        pop     dword [caught.eax]
        call    keep_registers
        mov     [caught.in_esp], esp
        xor     edx, edx
.copy:  mov     eax, [ss:esp + edx * 4]
        mov     [caught.vector + edx * 4], eax
        inc     edx
        cmp     edx, 5
        jb      .copy
        test    byte [caught.cs], 3
        jnz     .outer
        test    dword [caught.eflags], 0x20000
        jz      recover
.outer: mov     eax, [ss:esp + edx * 4] ; of the stack in the task state segment: there are words above
        mov     [caught.vector + edx * 4], eax
        inc     edx
        cmp     edx, 11
        jb      .outer
        jmp     recover

keep_registers:
        mov     [caught.ebx], ebx
        mov     [caught.ecx], ecx
        mov     [caught.edx], edx
        mov     [caught.esi], esi
        mov     [caught.edi], edi
        mov     [caught.ebp], ebp
        mov     [caught.in_ss], ss
        mov     [caught.in_es], es
        mov     [caught.in_fs], fs
        mov     [caught.in_gs], gs
        mov     eax, cr2
        mov     [caught.cr2], eax
        mov     eax, dr6
        mov     [caught.dr6], eax
        pushfd
        pop     dword [caught.in_flags]
        ret

; The target of interrupt and trap gates of 16 and 32 bits: keeps the words on its stack as it finds them.
bare_handler:
        push    eax
        push    ds
        mov     ax, DATA
        mov     ds, ax
        pop     dword [caught.in_ds]
        pop     dword [caught.eax]
        mov     [caught.in_esp], esp
        mov     [caught.in_cs], cs
        call    keep_registers
        xor     edx, edx
.copy:  mov     eax, [ss:esp + edx * 4]
        mov     [caught_words + edx * 4], eax
        inc     edx
        cmp     edx, 9
        jb      .copy
        mov     dword [caught.vector], 0x100
        jmp     recover

; The start of a task: what it found
task_handler:
        push    eax
        push    ds
        mov     ax, DATA
        mov     ds, ax
        pop     dword [caught.in_ds]
        pop     dword [caught.eax]
        mov     [caught.in_esp], esp
        mov     [caught.in_cs], cs
        call    keep_registers
        mov     eax, [ss:esp]
        mov     [caught.error], eax
        mov     dword [caught.vector], 0x101
        jmp     recover

; ---- real mode ------------------------------------------------------------------------------------------------------
enter_real:
        pushad
        mov     [recovery_esp], esp
        lidt    [real_idt]
        mov     eax, [entry.flags]
        mov     [REAL + real_flags - real_start], eax
        jmp     REAL_CODE:(real_16 - real_start)

real_back:                              ; flat again
        mov     ax, DATA
        mov     ds, ax
        mov     es, ax
        mov     esi, REAL + real_caught - real_start
        mov     edi, caught
        mov     ecx, (caught_end - caught) / 4
        cld
        rep movsd
        jmp     recover

        bits    16
        align   16
real_start:
%macro real_stub 1
        push    strict word %1
        jmp     near real_common
%endmacro
%assign vector 0
%rep 256
        real_stub vector
    %assign vector vector + 1
%endrep
%define HERE(x) ((x) - real_start)
real_16:                                ; protected mode of 16 bits
        mov     ax, REAL_DATA
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax
        mov     ss, ax
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        jmp     (REAL >> 4):HERE(.real)
.real:  mov     ax, 0x2000
        mov     ss, ax
        mov     esp, 0xFF00
        mov     ax, 0x3000
        mov     ds, ax
        mov     es, ax
        xor     ax, ax
        mov     fs, ax
        mov     gs, ax
        push    word [cs:HERE(real_flags)]
        push    word 0x1000
        push    ax
        xor     eax, eax
        xor     ebx, ebx
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        iret

%define KEPT(x) cs:HERE(real_caught) + (x) - caught
real_common:
        mov     [KEPT(caught.eax)], eax
        mov     [KEPT(caught.ebx)], ebx
        mov     [KEPT(caught.ecx)], ecx
        mov     [KEPT(caught.edx)], edx
        mov     [KEPT(caught.esi)], esi
        mov     [KEPT(caught.edi)], edi
        mov     [KEPT(caught.ebp)], ebp
        mov     [KEPT(caught.in_ds)], ds
        mov     [KEPT(caught.in_es)], es
        pop     word [KEPT(caught.vector)]
        pop     word [KEPT(caught.eip)]
        pop     word [KEPT(caught.cs)]
        pop     word [KEPT(caught.eflags)]
        mov     [KEPT(caught.esp)], esp
        mov     [KEPT(caught.ss)], ss
        pushf
        pop     word [KEPT(caught.in_flags)]
        mov     eax, dr6
        mov     [KEPT(caught.dr6)], eax
        mov     ax, (REAL >> 4)
        mov     ds, ax
        o32 lgdt [HERE(real_gdt_pointer)]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     dword CODE:real_back
        align   4
real_flags:     dd 0
real_gdt_pointer: times 8 db 0          ; filled in by the guest
real_caught:    times (caught_end - caught) db 0
real_end:
        global  real_gdt_pointer, real_caught

        bits    32
        section .data
        align   8
real_idt:       dw 0x3FF
                dd 0

        section .bss
        alignb  16
boot_magic:     resd 1
boot_info:      resd 1
recovery_esp:   resd 1
entry:
.eip:           resd 1
.cs:            resd 1
.flags:         resd 1
.esp:           resd 1
.ss:            resd 1
.es:            resd 1
.ds:            resd 1
.fs:            resd 1
.gs:            resd 1

caught:
.vector:        resd 1
.error:         resd 1
.eip:           resd 1
.cs:            resd 1
.eflags:        resd 1
.esp:           resd 1
.ss:            resd 1
.es:            resd 1
.ds:            resd 1
.fs:            resd 1
.gs:            resd 1
.eax:           resd 1
.ebx:           resd 1
.ecx:           resd 1
.edx:           resd 1
.esi:           resd 1
.edi:           resd 1
.ebp:           resd 1
.in_esp:        resd 1
.in_ss:         resd 1
.in_ds:         resd 1
.in_es:         resd 1
.in_fs:         resd 1
.in_gs:         resd 1
.in_cs:         resd 1
.in_flags:      resd 1
.cr2:           resd 1
.dr6:           resd 1
caught_end:
caught_words:   resd 9
        alignb  4096
                resb 16384
main_stack_top:
                resb 4096
                resb 4096 - 512
kernel_stack_top:                       ; of the task state segment; words above it are zero
                resb 512
