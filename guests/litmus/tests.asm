; The litmus tests: what each of two processors does in one go, on variables in cache lines of their own.
; RDI points to the block of variables, X at +0, Y at +64, Z at +128; what was read is returned in EAX (first read in bits
; 15:0, second in bits 31:16). All variables hold 0 before.
        cpu     x64
        bits    64
        section .text

%macro ROUTINE 1
        global  %1
        align   16
%1:
%endmacro

X       equ     0
Y       equ     64
Z       equ     128

; store buffering: each writes one and reads the other; both may read 0
ROUTINE sb_0
        mov     dword [rdi + X], 1
        mov     eax, [rdi + Y]
        ret
ROUTINE sb_1
        mov     dword [rdi + Y], 1
        mov     eax, [rdi + X]
        ret
; the same with MFENCE: both reading 0 is forbidden
ROUTINE sbf_0
        mov     dword [rdi + X], 1
        mfence
        mov     eax, [rdi + Y]
        ret
ROUTINE sbf_1
        mov     dword [rdi + Y], 1
        mfence
        mov     eax, [rdi + X]
        ret
; the same with XCHG, whose LOCK is implied: forbidden
ROUTINE sbx_0
        mov     ecx, 1
        xchg    [rdi + X], ecx
        mov     eax, [rdi + Y]
        ret
ROUTINE sbx_1
        mov     ecx, 1
        xchg    [rdi + Y], ecx
        mov     eax, [rdi + X]
        ret
; the same with a locked instruction on something else in between: forbidden
ROUTINE sbl_0
        mov     dword [rdi + X], 1
        lock add dword [rdi + Z], 0
        mov     eax, [rdi + Y]
        ret
ROUTINE sbl_1
        mov     dword [rdi + Y], 1
        lock add dword [rsp - 64], 0
        mov     eax, [rdi + X]
        ret
; message passing: a reader that sees the flag sees the message
ROUTINE mp_0
        mov     dword [rdi + X], 1
        mov     dword [rdi + Y], 1
        xor     eax, eax
        ret
ROUTINE mp_1
        mov     eax, [rdi + Y]
        shl     eax, 16
        mov     ecx, [rdi + X]
        or      eax, ecx                ; X in the low half, Y (read first) in the high half
        ret
; load buffering: each reads one and then writes the other; both reading 1 is forbidden
ROUTINE lb_0
        mov     eax, [rdi + X]
        mov     dword [rdi + Y], 1
        ret
ROUTINE lb_1
        mov     eax, [rdi + Y]
        mov     dword [rdi + X], 1
        ret
; coherence: two reads of one variable never go back in time
ROUTINE co_0
        mov     dword [rdi + X], 1
        mov     dword [rdi + X], 2
        xor     eax, eax
        ret
ROUTINE co_1
        mov     eax, [rdi + X]
        mov     ecx, [rdi + X]
        shl     ecx, 16
        or      eax, ecx
        ret
; own stores are seen at once, by oneself first: reading 0 of the own variable is forbidden
ROUTINE fw_0
        mov     dword [rdi + X], 1
        mov     eax, [rdi + X]
        mov     ecx, [rdi + Y]
        shl     ecx, 16
        or      eax, ecx
        ret
ROUTINE fw_1
        mov     dword [rdi + Y], 1
        mov     eax, [rdi + Y]
        mov     ecx, [rdi + X]
        shl     ecx, 16
        or      eax, ecx
        ret
; S: a store behind a read is not seen before it: X = 2 at the end with Y read as 1 is forbidden
ROUTINE s_0
        mov     dword [rdi + X], 2
        mov     dword [rdi + Y], 1
        xor     eax, eax
        ret
ROUTINE s_1
        mov     eax, [rdi + Y]
        mov     dword [rdi + X], 1
        ret
; R: X and Y written in turn; Y = 2 at the end with X read as 0 is allowed without a fence, forbidden with one
ROUTINE rf_0
        mov     dword [rdi + X], 1
        mov     dword [rdi + Y], 1
        xor     eax, eax
        ret
ROUTINE rf_1
        mov     dword [rdi + Y], 2
        mfence
        mov     eax, [rdi + X]
        ret
; 2+2W: both write both, in turn; the first writes winning on both sides is forbidden
ROUTINE ww_0
        mov     dword [rdi + X], 1
        mov     dword [rdi + Y], 2
        xor     eax, eax
        ret
ROUTINE ww_1
        mov     dword [rdi + Y], 1
        mov     dword [rdi + X], 2
        xor     eax, eax
        ret
; message passing over string and 8-byte stores
ROUTINE mps_0
        push    rdi
        lea     rdi, [rdi + X]
        mov     eax, 1
        mov     ecx, 8
        rep stosd
        pop     rdi
        mov     dword [rdi + Y], 1
        xor     eax, eax
        ret
ROUTINE mps_1
        mov     eax, [rdi + Y]
        shl     eax, 16
        mov     ecx, [rdi + X + 28]
        or      eax, ecx
        ret
; atomicity of plain 8-byte accesses: a read is never half of one write and half of another
ROUTINE at_0
        mov     rax, -1
        mov     [rdi + X], rax
        xor     eax, eax
        ret
ROUTINE at_1
        mov     rcx, [rdi + X]
        mov     eax, ecx
        shr     rcx, 32
        sub     eax, ecx                ; 0 when both halves are equal
        setne   al
        movzx   eax, al
        ret
; independent reads of independent writes, four processors: both readers agree on which write came first
ROUTINE iriw_0
        mov     dword [rdi + X], 1
        xor     eax, eax
        ret
ROUTINE iriw_1
        mov     dword [rdi + Y], 1
        xor     eax, eax
        ret
ROUTINE iriw_2
        mov     eax, [rdi + X]
        mov     ecx, [rdi + Y]
        shl     ecx, 16
        or      eax, ecx
        ret
ROUTINE iriw_3
        mov     eax, [rdi + Y]
        mov     ecx, [rdi + X]
        shl     ecx, 16
        or      eax, ecx
        ret
; write to read causality, three processors: what somebody wrote who had seen X is not seen without X
ROUTINE wrc_1
        mov     eax, [rdi + X]
        mov     [rdi + Y], eax
        ret
ROUTINE wrc_2
        mov     eax, [rdi + Y]
        mov     ecx, [rdi + X]
        shl     ecx, 16
        or      eax, ecx
        ret
ROUTINE nothing
        xor     eax, eax
        ret
; locked read-modify-write of any kind adds up; the variable's offset in R8
ROUTINE count_add
        lock add dword [rdi + r8], 1
        xor     eax, eax
        ret
ROUTINE count_inc
        lock inc dword [rdi + r8]
        xor     eax, eax
        ret
ROUTINE count_xadd
        mov     eax, 1
        lock xadd [rdi + r8], eax
        xor     eax, eax
        ret
ROUTINE count_cmpxchg
        mov     eax, [rdi + r8]
.again: lea     ecx, [rax + 1]
        lock cmpxchg [rdi + r8], ecx
        jne     .again
        xor     eax, eax
        ret
ROUTINE count_cmpxchg8b
        push    rbx
        mov     eax, [rdi + r8]
        mov     edx, [rdi + r8 + 4]
.again: lea     ebx, [rax + 1]
        mov     ecx, edx
        lock cmpxchg8b [rdi + r8]
        jne     .again
        xor     eax, eax
        pop     rbx
        ret
ROUTINE count_adc
        stc
        lock adc dword [rdi + r8], 0
        xor     eax, eax
        ret
ROUTINE count_xchg                  ; a lock made of XCHG around a plain increment
        mov     eax, 1
.spin:  xchg    [rdi + Z + 64], eax
        test    eax, eax
        jne     .pause
        inc     dword [rdi + r8]
        mov     dword [rdi + Z + 64], 0
        ret
.pause: pause
        jmp     .spin
ROUTINE count_bts                   ; a lock made of BTS and BTR around a plain increment
        lock bts dword [rdi + Z + 64], 3
        jc      .pause
        inc     dword [rdi + r8]
        lock btr dword [rdi + Z + 64], 3
        xor     eax, eax
        ret
.pause: pause
        jmp     count_bts
