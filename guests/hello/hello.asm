; hello: the smallest guest. 16-bit real mode; prints one line on COM1 by polling, then ends by the debug-exit port.
;
; It is a flat binary that runs wherever it was loaded below 64 KiB, with any CS:IP that points to its first byte, and
; it is a boot sector too (512 bytes ending in 55 AA), so that firmware can start it from a disk.
;
; Ends with a byte write of 0x10 to port 0xF4: process status 2 * 0x10 + 1 = 33. Should the machine have no such port,
; it halts with interrupts off.

        cpu     386
        bits    16
        org     0

COM1    equ     0x3F8
THR     equ     COM1 + 0                ; transmit holding register
LSR     equ     COM1 + 5                ; line status register
THRE    equ     0x20                    ; LSR: the holding register is empty
EXIT    equ     0xF4                    ; debug-exit port
DONE    equ     0x10                    ; what is written there at the end

start:  cli
        cld
        xor     ax, ax
        mov     ss, ax
        mov     sp, 0x0600              ; above the IVT and the BIOS data area, below any usual load address
        mov     ax, cs
        mov     ds, ax
        call    here                    ; the load offset is not known: ask the return address
here:   pop     si
        add     si, text - here
next:   lodsb
        test    al, al
        jz      done
        mov     ah, al
        mov     dx, LSR
poll:   in      al, dx
        test    al, THRE
        jz      poll
        mov     al, ah
        mov     dx, THR
        out     dx, al
        jmp     next

done:   mov     al, DONE
        out     EXIT, al
stop:   hlt
        jmp     stop

text:   db      "hello from real mode", 13, 10, 0

        times   510 - ($ - $$) db 0
        dw      0xAA55
