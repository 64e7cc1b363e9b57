; exitport STATUS: writes STATUS to port 0xF4, where a machine's exit device listens, and so ends the machine.
; A Linux program without libraries.   nasm -f bin -o exitport exitport.asm
bits 64
org 0x400000

port equ 0xF4
ioperm equ 173
exit equ 60

elf:    db 0x7F, "ELF", 2, 1, 1, 0
        dq 0
        dw 2, 62                        ; ET_EXEC, x86-64
        dd 1
        dq start, header - elf, 0
        dd 0
        dw 64, 56, 1, 0, 0, 0
header:
        dd 1, 5                         ; PT_LOAD, readable and executable
        dq 0, elf, elf, finish - elf, finish - elf, 0x1000

start:  xor ebx, ebx                    ; the number
        cmp qword [rsp], 2
        jb .write
        mov rsi, [rsp + 16]             ; argv[1]
.digit: movzx eax, byte [rsi]
        sub eax, '0'
        cmp eax, 9
        ja .write
        imul ebx, ebx, 10
        add ebx, eax
        inc rsi
        jmp .digit
.write: mov edi, port
        mov esi, 1
        mov edx, 1
        mov eax, ioperm
        syscall
        test eax, eax
        jnz .end
        mov eax, ebx
        out port, al
.end:   mov edi, 1
        mov eax, exit
        syscall
finish:
