; bootdisk: a boot sector for those who can only start from a disk (Bochs). It reads a flat multiboot image that lies
; behind it, sector after sector, with the BIOS, puts it at 1 MiB and starts it as a multiboot loader does, without
; information (EBX points to an empty structure). Build: nasm -DSECTORS=n, then join it with the image.

        cpu     386
        bits    16
        org     0x7C00

IMAGE   equ     0x100000
INFO    equ     0x5000
BUFFER  equ     0x1000                  ; segment
SECTORS_AT_ONCE equ 32
MAGIC   equ     0x1BADB002
LOADER  equ     0x2BADB002

start:  cli
        cld
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, 0x7C00
        mov     [drive], dl
        in      al, 0x92                ; the A20 gate, the quick way
        or      al, 2
        and     al, 0xFE
        out     0x92, al
next:   mov     si, packet
        mov     ah, 0x42                ; extended read
        mov     dl, [drive]
        int     0x13
        jc      failed
        lgdt    [gdt_pointer]           ; each time: the BIOS may have used its own
        mov     eax, cr0                ; protected mode, to copy above 1 MiB, and back
        or      al, 1
        mov     cr0, eax
        jmp     8:.copy
        bits    32
.copy:  mov     ax, 16
        mov     ds, ax
        mov     es, ax
        mov     esi, BUFFER * 16
        mov     edi, [target]
        mov     ecx, SECTORS_AT_ONCE * 512 / 4
        rep movsd
        mov     [target], edi
        sub     word [left], SECTORS_AT_ONCE
        jle     run
        add     dword [packet + 8], SECTORS_AT_ONCE
        jmp     24:.back
        bits    16
.back:  mov     ax, 32
        mov     ds, ax
        mov     es, ax
        mov     eax, cr0
        and     al, 0xFE
        mov     cr0, eax
        jmp     0:.real
.real:  xor     ax, ax
        mov     ds, ax
        mov     es, ax
        jmp     next

failed: mov     al, 'E'                 ; a letter on COM1 is all that fits
        mov     dx, 0x3F8
        out     dx, al
stop:   hlt
        jmp     stop

        bits    32
run:    mov     ax, 16
        mov     ss, ax
        mov     edi, INFO
        mov     ecx, 32
        xor     eax, eax
        mov     ebx, edi
        rep stosd
        mov     esi, IMAGE
.seek:  cmp     dword [esi], MAGIC
        je      .found
        add     esi, 4
        jmp     .seek
.found: mov     ecx, [esi + 28]         ; entry
        mov     eax, LOADER
        jmp     ecx

        align   8
gdt:    dq      0
        dq      0x00CF9B000000FFFF      ; 8: code, 32 bits
        dq      0x00CF93000000FFFF      ; 16: data, flat
        dq      0x00009B000000FFFF      ; 24: code, 16 bits
        dq      0x000093000000FFFF      ; 32: data, 64 KiB
gdt_pointer:
        dw      $ - gdt - 1
        dd      gdt
packet: db      16, 0
        dw      SECTORS_AT_ONCE
        dw      0, BUFFER
        dq      1
target: dd      IMAGE
left:   dw      SECTORS
drive:  db      0

        times   510 - ($ - $$) db 0
        dw      0xAA55
