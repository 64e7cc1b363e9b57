; Calls that an exception may end.
        cpu     x64
        bits    64
        global  attempt, attempt_user, recover, attempt_rax, recovery_rsp, kernel_stack_top

        section .text
; u64 attempt(code, a, b)
attempt:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        mov     [recovery_rsp], rsp
        mov     r11, rdi
        mov     rdi, rsi
        mov     rsi, rdx
        xor     eax, eax
        xor     ecx, ecx
        xor     edx, edx
        xor     ebx, ebx
        xor     ebp, ebp
        call    r11
        mov     [attempt_rax], rax
        xor     eax, eax
leave_: mov     rsp, [recovery_rsp]
        push    2
        popfq
        pop     r15
        pop     r14
        pop     r13
        pop     r12
        pop     rbp
        pop     rbx
        ret

; The exception handler returns here.
recover:
        mov     eax, 1
        jmp     leave_

; u64 attempt_user(code, a, cs, ss): user code ends with INT 0x80
attempt_user:
        push    rbx
        push    rbp
        push    r12
        push    r13
        push    r14
        push    r15
        mov     [recovery_rsp], rsp
        push    rcx
        push    0x401F0000 - 64         ; USER_STACK_TOP
        push    2
        push    rdx
        push    rdi
        mov     rdi, rsi
        xor     eax, eax
        xor     ecx, ecx
        xor     edx, edx
        xor     ebx, ebx
        xor     ebp, ebp
        iretq

        section .bss
        alignb  16
attempt_rax:    resq 1
recovery_rsp:   resq 1
                resb 8192
        alignb  16
kernel_stack_top:
