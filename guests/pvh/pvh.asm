; pvh: an ELF file of 64 bits that is started by its PVH note ("x86/HVM direct boot ABI" of the Xen project), as a vmlinux is.
; Its header's entry is a trap: who starts it there ends it with 0x22.
;
; Checks the state that it is handed, and the start information; prints command line and modules on COM1, a line each.
; Ends with a byte write to port 0xF4: 0x20 when all was right, 0x21 when not.
;
;   start information   +00 magic   +04 version   +0C modules: count   +10 module list   +18 command line
;                       +20 RSDP    +28 memory map    +30 its entries

        cpu     686
        bits    32
        org     0x100000

COM1    equ     0x3F8
LSR     equ     COM1 + 5
THRE    equ     0x20
EXIT    equ     0xF4
RIGHT   equ     0x20
WRONG   equ     0x21
BY_HEAD equ     0x22
MAGIC   equ     0x336EC578
RAM     equ     1
MIB     equ     0x100000

elf:    db      0x7F, "ELF", 2, 1, 1, 0
        times 8 db 0
        dw      2, 62                   ; ET_EXEC, x86-64
        dd      1
        dq      trap, header - elf, 0   ; entry, program headers
        dd      0
        dw      64, 56, 2, 0, 0, 0
header: dd      1, 7                    ; PT_LOAD
        dq      0, elf, elf, end - elf, bss - elf, 0x1000
        dd      4, 4                    ; PT_NOTE
        dq      notes - elf, notes, notes, note_end - notes, note_end - notes, 4

notes:  dd      4, 3, 7                 ; somebody else's, and one of another type, of odd lengths
        db      "Xyz", 0, 1, 2, 3, 0
        dd      4, 5, 6
        db      "Xen", 0, "cupul", 0, 0, 0
        dd      4, 8, 18                ; PHYS32_ENTRY
        db      "Xen", 0
        dq      start
note_end:

trap:   mov     al, BY_HEAD
        out     EXIT, al
        hlt

start:  mov     esp, stack
        mov     byte [verdict], RIGHT
        mov     ebp, ebx

        mov     eax, cr0                ; PE, and ET, which is always there
        and     eax, ~0x10
        cmp     eax, 1
        call    check
        mov     eax, cr4
        test    eax, eax
        call    check
        pushfd
        pop     eax
        test    eax, 0x20300            ; VM, IF, TF
        call    check
        cmp     dword [ebp], MAGIC
        call    check
        cmp     dword [ebp + 4], 1
        call    check
        mov     esi, [ebp + 0x20]       ; "RSD PTR "
        cmp     dword [esi], "RSD "
        call    check
        call    map

        mov     esi, line
        call    text
        mov     esi, [ebp + 0x18]
        call    text
        call    newline
        call    modules
        mov     esi, good
        cmp     byte [verdict], RIGHT
        je      .end
        mov     esi, bad
.end:   call    text
        mov     al, [verdict]
        out     EXIT, al
        cli
.halt:  hlt
        jmp     .halt

; One entry of the map is RAM that begins at 1 MiB, or holds it.
map:    mov     ecx, [ebp + 0x30]
        mov     esi, [ebp + 0x28]
.next:  jecxz   .none
        dec     ecx
        add     esi, 24
        cmp     dword [esi - 8], RAM
        jne     .next
        mov     eax, [esi - 24]
        cmp     eax, MIB
        ja      .next
        add     eax, [esi - 16]
        cmp     eax, bss
        jb      .next
        ret
.none:  mov     byte [verdict], WRONG
        ret

; Text and content of each module.
modules:
        mov     ecx, [ebp + 0x0C]
        mov     edi, [ebp + 0x10]
.next:  jecxz   .end
        mov     esi, module
        call    text
        mov     esi, [edi + 0x10]       ; 0: it has no text
        test    esi, esi
        jz      .bytes
        call    text
.bytes: mov     esi, colon
        call    text
        mov     esi, [edi]
        mov     edx, [edi + 8]
.byte:  test    edx, edx
        jz      .done
        lodsb
        call    letter
        dec     edx
        jmp     .byte
.done:  call    newline
        add     edi, 32
        dec     ecx
        jmp     .next
.end:   ret

; The flags of the last comparison are "equal", or something is wrong.
check:  je      .right
        mov     byte [verdict], WRONG
.right: ret

text:   lodsb
        test    al, al
        jz      .end
        call    letter
        jmp     text
.end:   ret

newline:
        mov     al, 10
letter: push    edx
        push    eax
        mov     edx, LSR
.poll:  in      al, dx
        test    al, THRE
        jz      .poll
        mov     edx, COM1
        pop     eax
        out     dx, al
        pop     edx
        ret

line:   db      "line: ", 0
module: db      "module ", 0
colon:  db      ": ", 0
good:   db      "verdict: ok", 10, 0
bad:    db      "verdict: wrong", 10, 0
end:

        absolute $
verdict: resb   1
        resb    1023
stack:  resb    16
bss:
