; Instructions of the FPU, MMX and SSE, one each: who may execute them hangs on CR0 and CR4. RDI = 16-byte aligned memory.
        cpu     x64
        bits    64
        default rel
        global  fpu_codes, fpu_codes_end, simd_faults, simd_faults_end, mxcsr_load, fx_restore, fx_save, aligned_load, aligned_add
        global  divide_packed

%macro CODE 2+
        section .rodata
%%name: db      %1, 0
        section .fpu_codes
        dq      %%name, %%code
        section .text
        align   16
%%code: %2
        ret
%endmacro

%macro FAULT 2+
        section .rodata
%%name: db      %1, 0
        section .simd_faults
        dq      %%name, %%code
        section .text
        align   16
%%code: %2
        ret
%endmacro

        section .fpu_codes
        align   8
fpu_codes:
        section .simd_faults
        align   8
simd_faults:

; ---- the FPU: control instructions that look for pending exceptions, and those that do not ------------------------------
        CODE    "fld1", fld1
        CODE    "fnop", fnop
        CODE    "fild memory", fild dword [rdi]
        CODE    "fwait", fwait
        CODE    "fninit", fninit
        CODE    "fnclex", fnclex
        CODE    "fnstsw", fnstsw ax
        CODE    "fnstcw", fnstcw [rdi]
        CODE    "fldcw", fldcw [rdi + 64]
        CODE    "fnstenv", fnstenv [rdi]
        CODE    "fnsave", fnsave [rdi + 128]
        CODE    "ffree", ffree st0
; ---- MMX, and what SSE added to it --------------------------------------------------------------------------------------
        CODE    "paddb mm", paddb mm0, mm1
        CODE    "movd mm", movd mm0, eax
        CODE    "emms", emms
        CODE    "pavgb mm", pavgb mm0, mm1
        CODE    "pshufw mm", pshufw mm0, mm1, 0
        CODE    "paddq mm", paddq mm0, mm1
        CODE    "movntq", movntq [rdi], mm0
; ---- both register files ------------------------------------------------------------------------------------------------
        CODE    "cvtpi2ps mm", cvtpi2ps xmm0, mm0
        CODE    "cvttps2pi", cvttps2pi mm0, xmm0
        CODE    "cvtpi2pd memory", cvtpi2pd xmm0, [rdi]
        CODE    "movq2dq", movq2dq xmm0, mm0
        CODE    "movdq2q", movdq2q mm0, xmm0
; ---- SSE and SSE2 -------------------------------------------------------------------------------------------------------
        CODE    "addps", addps xmm0, xmm1
        CODE    "addsd", addsd xmm0, xmm1
        CODE    "movaps", movaps xmm0, [rdi]
        CODE    "paddb xmm", paddb xmm0, xmm1
        CODE    "movd xmm", movd xmm0, eax
        CODE    "cvtsi2sd", cvtsi2sd xmm0, eax
        CODE    "ldmxcsr", ldmxcsr [rdi + 72]
        CODE    "stmxcsr", stmxcsr [rdi]
        CODE    "movntdq", movntdq [rdi], xmm0
        CODE    "maskmovdqu", maskmovdqu xmm0, xmm1
; ---- whole states -------------------------------------------------------------------------------------------------------
        CODE    "fxsave", fxsave [rdi + 512]
        CODE    "fxrstor", fxrstor [rdi + 1024]
        CODE    "fxsave64", o64 fxsave [rdi + 512]
; ---- none of these bits count -------------------------------------------------------------------------------------------
        CODE    "movnti", movnti [rdi], eax
        CODE    "sfence", sfence
        CODE    "lfence", lfence
        CODE    "mfence", mfence
        CODE    "prefetchnta", prefetchnta [rdi]
        CODE    "clflush", clflush [rdi]
        CODE    "pause", pause

; ---- exceptions of SIMD arithmetic that are not masked: xmm0 = (1, 1, 1, 1), xmm1 = (0, 3, 1, 1), xmm2 = NaN -------------
        FAULT   "divps: zero in one lane, inexact in another", divps xmm0, xmm1
        FAULT   "divss: zero", divss xmm0, xmm1
        FAULT   "addps: exact", addps xmm0, xmm0
        FAULT   "comiss: quiet NaN", comiss xmm0, xmm2
        FAULT   "ucomiss: quiet NaN", ucomiss xmm0, xmm2
        FAULT   "cvttss2si: NaN", cvttss2si eax, xmm2
        FAULT   "cvtps2dq: NaN", cvtps2dq xmm0, xmm2
        FAULT   "sqrtpd: inexact", sqrtpd xmm0, xmm2

        section .fpu_codes
fpu_codes_end:
        section .simd_faults
simd_faults_end:

        section .text
mxcsr_load:     ldmxcsr [rdi]
                ret
fx_restore:     fxrstor [rdi]
                ret
fx_save:        fxsave [rdi]
                ret
aligned_load:   movaps  xmm0, [rdi]
                ret
aligned_add:    addps   xmm0, [rdi]
                ret
divide_packed:  divps   xmm0, xmm1
                ret
