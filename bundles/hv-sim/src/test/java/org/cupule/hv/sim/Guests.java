package org.cupule.hv.sim;

import org.cupule.tck.hypervisor.MachineCode;

/** Guests of machine code that more than one test runs. */
final class Guests {
    /** Where the handler of vector 0x40 begins in {@link #TICKS}. */
    static final int TICKS_HANDLER = 0x1079;

    /**
     * Ten ticks of 1 ms of the local APIC's timer while it spins, each with its TSC at port 0x80; then ten of 100 ms
     * while it is halted, at port 0x81; then 1 at port 0x82.
     */
    static final byte[] TICKS = MachineCode.of("""
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff
            c7 05 e0 03 e0 fe 0b 00 00 00  mov dword [0xfee003e0],0xb        ; divide by 1
            c7 05 20 03 e0 fe 40 00 00 00  mov dword [0xfee00320],0x40       ; one-shot
            fb                             sti
            b9 0a 00 00 00                 mov ecx,0xa
            c7 05 00 30 00 00 00 00 00 00  mov dword [0x3000],0x0            ; 0x1024
            c7 05 80 03 e0 fe a8 61 00 00  mov dword [0xfee00380],25000
            83 3d 00 30 00 00 00           cmp dword [0x3000],byte +0x0      ; 0x1038
            74 f7                          jz 0x1038
            0f 31                          rdtsc
            e7 80                          out 0x80,eax
            e2 dd                          loop 0x1024
            b9 0a 00 00 00                 mov ecx,0xa
            fa                             cli                               ; 0x104c
            c7 05 00 30 00 00 00 00 00 00  mov dword [0x3000],0x0
            c7 05 80 03 e0 fe a0 25 26 00  mov dword [0xfee00380],2500000
            fb                             sti                               ; 0x1061
            f4                             hlt
            fa                             cli
            83 3d 00 30 00 00 00           cmp dword [0x3000],byte +0x0
            74 f4                          jz 0x1061
            fb                             sti
            0f 31                          rdtsc
            e7 81                          out 0x81,eax
            e2 d8                          loop 0x104c
            b0 01                          mov al,0x1
            e6 82                          out 0x82,al
            f4                             hlt
            c7 05 00 30 00 00 01 00 00 00  mov dword [0x3000],0x1            ; 0x1079, the handler
            c7 05 b0 00 e0 fe 00 00 00 00  mov dword [0xfee000b0],0x0
            cf                             iret
            """);

    /**
     * Starts the other vCPUs at 0x9000; then each one numbers its rounds: a locked sum at 0x4000, its own count at
     * 0x4010 + 8 * id, the number written to port 0x80, read back from port 0x84, written to memory at 0xd0000000, read
     * back from 0xd0000004. A wrong answer is told at port 0x83 and ends it.
     */
    static final byte[] WORK = MachineCode.of("""
            a1 20 00 e0 fe                 mov eax,[0xfee00020]
            c1 e8 18                       shr eax,byte 0x18
            89 c6                          mov esi,eax
            83 fe 00                       cmp esi,byte +0x0
            75 1e                          jnz 0x102d
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff
            c7 05 00 03 e0 fe 00 45 0c 00  mov dword [0xfee00300],0xc4500    ; INIT, all but self
            c7 05 00 03 e0 fe 09 46 0c 00  mov dword [0xfee00300],0xc4609    ; start-up 9, all but self
            f0 ff 05 00 40 00 00           lock inc dword [0x4000]           ; 0x102d
            ff 04 f5 10 40 00 00           inc dword [esi*8+0x4010]
            8b 04 f5 10 40 00 00           mov eax,[esi*8+0x4010]
            89 c3                          mov ebx,eax
            e7 80                          out 0x80,eax
            e5 84                          in eax,0x84
            39 d8                          cmp eax,ebx
            75 11                          jnz 0x105d
            a3 00 00 00 d0                 mov [0xd0000000],eax
            03 05 04 00 00 d0              add eax,[0xd0000004]
            29 d8                          sub eax,ebx
            39 d8                          cmp eax,ebx
            74 d0                          jz 0x102d
            b8 ad 0b 00 00                 mov eax,0xbad                     ; 0x105d
            e7 83                          out 0x83,eax
            fa                             cli
            f4                             hlt
            """);

    /** For 0x9000: real mode to flat protected mode with the fixture's GDT, then to {@link #WORK}. */
    static final byte[] AP = MachineCode.of("""
            fa                             cli
            2e 0f 01 16 20 00              lgdt [cs:0x20]
            0f 20 c0                       mov eax,cr0
            0c 01                          or al,0x1
            0f 22 c0                       mov cr0,eax
            66 ea 30 90 00 00 08 00        jmp dword 0x8:0x9030
            00 00 00 00 00 00 00 00 00     padding
            17 00 00 05 00 00              limit and base of the GDT          ; 0x20
            00 00 00 00 00 00 00 00 00 00  padding
            66 b8 10 00                    mov ax,0x10                        ; 0x30, 32 bits from here
            8e d8                          mov ds,ax
            8e c0                          mov es,ax
            8e d0                          mov ss,ax
            bc 00 70 00 00                 mov esp,0x7000
            ea 00 10 00 00 08 00           jmp 0x8:0x1000
            """);

    /** Where the handler of vector 0x41 begins in {@link #PING_PONG}. */
    static final int PING_PONG_HANDLER = 0x10a3;

    /**
     * Two vCPUs send each other an interrupt a round and are halted in between; vCPU 0 tells the number of each round
     * at port 0x80. One interrupt or one wake-up that is lost stops it for ever.
     */
    static final byte[] PING_PONG = MachineCode.of("""
            a1 20 00 e0 fe                 mov eax,[0xfee00020]
            c1 e8 18                       shr eax,0x18
            89 c6                          mov esi,eax
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff
            0f 01 1d ae 10 00 00           lidt [0x10ae]
            83 fe 00                       cmp esi,0x0
            75 4e                          jnz 0x106e
            c7 05 00 03 e0 fe 00 45 0c 00  mov dword [0xfee00300],0xc4500
            c7 05 00 03 e0 fe 09 46 0c 00  mov dword [0xfee00300],0xc4609
            f3 90                          pause   ; 0x1034
            83 3d 00 31 00 00 01           cmp dword [0x3100],0x1
            75 f5                          jnz 0x1034
            43                             inc ebx   ; 0x103f
            89 1d 00 30 00 00              mov [0x3000],ebx
            c7 05 10 03 e0 fe 00 00 00 01  mov dword [0xfee00310],0x1000000
            c7 05 00 03 e0 fe 41 00 00 00  mov dword [0xfee00300],0x41
            fa                             cli   ; 0x105a
            39 1d 04 30 00 00              cmp [0x3004],ebx
            74 04                          jz 0x1067
            fb                             sti
            f4                             hlt
            eb f3                          jmp short 0x105a
            fb                             sti   ; 0x1067
            89 d8                          mov eax,ebx
            e7 80                          out 0x80,eax
            eb d1                          jmp short 0x103f
            c7 05 00 31 00 00 01 00 00 00  mov dword [0x3100],0x1   ; 0x106e, the other vCPU
            fa                             cli   ; 0x1078
            a1 00 30 00 00                 mov eax,[0x3000]
            3b 05 04 30 00 00              cmp eax,[0x3004]
            74 19                          jz 0x109f
            a3 04 30 00 00                 mov [0x3004],eax
            c7 05 10 03 e0 fe 00 00 00 00  mov dword [0xfee00310],0x0
            c7 05 00 03 e0 fe 41 00 00 00  mov dword [0xfee00300],0x41
            fb                             sti   ; 0x109f
            f4                             hlt
            eb d5                          jmp short 0x1078
            c7 05 b0 00 e0 fe 00 00 00 00  mov dword [0xfee000b0],0x0   ; 0x10a3, the handler
            cf                             iret
            ff 03 00 06 00 00              limit and base of the IDT
            """);

    /**
     * 20000 rounds on each vCPU: a locked increment that crosses a cache line, at 0x403e, and one that is not locked,
     * at 0x4103. Its id at port 0x82 tells that a vCPU is done.
     */
    static final byte[] SPLIT = MachineCode.of("""
            a1 20 00 e0 fe                 mov eax,[0xfee00020]
            c1 e8 18                       shr eax,0x18
            89 c6                          mov esi,eax
            83 fe 00                       cmp esi,0x0
            75 1e                          jnz 0x102d
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff
            c7 05 00 03 e0 fe 00 45 0c 00  mov dword [0xfee00300],0xc4500
            c7 05 00 03 e0 fe 09 46 0c 00  mov dword [0xfee00300],0xc4609
            b9 20 4e 00 00                 mov ecx,0x4e20   ; 0x102d
            f0 ff 05 3e 40 00 00           lock inc dword [0x403e]   ; 0x1032
            ff 05 03 41 00 00              inc dword [0x4103]
            e2 f1                          loop 0x1032
            89 f0                          mov eax,esi
            e6 82                          out 0x82,al
            fa                             cli
            f4                             hlt
            """);

    private Guests() {
    }
}
