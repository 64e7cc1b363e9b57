; Code for gates.c and far.c.
        cpu     x64
        bits    64
        default rel
        global  int_50, user_int_50, bad_stack_ud, cause_0, cause_3, cause_6, cause_11, cause_13, cause_14
        global  far_call_m32, far_call_m64, user_far_call_m32, far_jump_m32, land_here, iret_frame, user_land, ret_far
        global  int_14, user_int_14, iret_with_nt, iret_32, iret_16

        section .text
int_50:         int     0x50
                ret
user_int_50:    int     0x50
                int     0x80
int_14:         int     14
                ret
user_int_14:    int     14
                int     0x80
bad_stack_ud:   mov     esp, 0x10       ; no page
                ud2
cause_0:        xor     eax, eax
                xor     edx, edx
                div     edx
                ret
cause_3:        int3
                ret
cause_6:        ud2
                ret
cause_11:       mov     ds, si          ; SI names a segment that is not present
                ret
cause_13:       mov     eax, 0xFFF8
                mov     ds, ax
                ret
cause_14:       mov     eax, [abs 8]
                ret

far_call_m32:   call    far [rdi]
                ret
far_call_m64:   o64 call far [rdi]
                ret
user_far_call_m32:
                call    far [rdi]
                int     0x80
far_jump_m32:   jmp     far [rdi]

; the same bytes do the same in 16, 32 and 64-bit code
land_here:      db      0x8C, 0xC8      ; mov eax, cs
                db      0xCB            ; retf

iret_frame:     push    qword [rdi + 32]
                push    qword [rdi + 24]
                push    qword [rdi + 16]
                push    qword [rdi + 8]
                push    qword [rdi]
                iretq
user_land:      int     0x80
ret_far:        push    qword [rdi + 24]
                push    qword [rdi + 16]
                push    qword [rdi + 8]
                push    qword [rdi]
                o64 retf
iret_with_nt:   push    0x4002
                popfq
                push    0x10
                push    rsp
                push    2
                push    0x18
                lea     rax, [user_land]
                push    rax
                iretq
; IRETD and IRETQ in long mode pop five words of their size
iret_32:        mov     rcx, rsp
                sub     rsp, 64
                mov     dword [rsp + 16], 0x10
                mov     [rsp + 12], ecx
                mov     dword [rsp + 8], 2
                mov     dword [rsp + 4], 0x18
                lea     rax, [.back]
                mov     [rsp], eax
                iretd
.back:          ret
iret_16:        mov     rcx, rsp
                sub     rsp, 64
                mov     word [rsp + 8], 0x10
                mov     [rsp + 6], cx
                mov     word [rsp + 4], 2
                mov     word [rsp + 2], 0x18
                mov     word [rsp], 0x1234
                iretw
