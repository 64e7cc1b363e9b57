; user: what the User VM runs, in real mode at 0100:0000. Port 0x60 takes numbers, port 0x61 gives the last one exclusive
; or with 0x5A (a number that our manager changes here while we run), memory at 0x2000 counts, port 0x62 takes the verdict: 1 right, 2 wrong.
        cpu     386
        bits    16
        org     0

ROUNDS  equ     256

        xor     cx, cx
        xor     ax, ax
        mov     ds, ax
next:   mov     al, cl
        out     0x60, al
        in      al, 0x61
        xor     al, 0x5A
        cmp     al, cl
        jne     wrong
        inc     cx
        mov     [0x2000], cx
        cmp     cx, ROUNDS
        jne     next
        mov     al, 1
        jmp     end
wrong:  mov     al, 2
end:    out     0x62, al
halt:   hlt
        jmp     halt
