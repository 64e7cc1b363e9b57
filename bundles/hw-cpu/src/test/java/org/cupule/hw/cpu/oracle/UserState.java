package org.cupule.hw.cpu.oracle;

import java.util.Arrays;

/** The registers of user mode. Plain data, changed freely by the generator. */
final class UserState {
    static final int RAX = 0;
    static final int RCX = 1;
    static final int RDX = 2;
    static final int RBX = 3;
    static final int RSP = 4;
    static final int RBP = 5;
    static final int RSI = 6;
    static final int RDI = 7;
    static final int ES = 0;
    static final int CS = 1;
    static final int SS = 2;
    static final int DS = 3;
    static final int FS = 4;
    static final int GS = 5;

    static final int CF = 0x1;
    static final int PF = 0x4;
    static final int AF = 0x10;
    static final int ZF = 0x40;
    static final int SF = 0x80;
    static final int TF = 0x100;
    static final int DF = 0x400;
    static final int OF = 0x800;
    static final int AC = 0x40000;
    static final int STATUS = CF | PF | AF | ZF | SF | OF;

    /** General registers in the order of their numbers. */
    final long[] gpr = new long[16];
    /** Selectors in the order of their numbers: ES, CS, SS, DS, FS, GS. */
    final int[] selector = new int[6];
    /** FPU, MMX and XMM registers. */
    final FxImage fx = new FxImage();
    long rip;
    long rflags;
    long fsBase;
    long gsBase;

    UserState copy() {
        var copy = new UserState();
        System.arraycopy(gpr, 0, copy.gpr, 0, gpr.length);
        System.arraycopy(selector, 0, copy.selector, 0, selector.length);
        System.arraycopy(fx.image(), 0, copy.fx.image(), 0, fx.image().length);
        copy.rip = rip;
        copy.rflags = rflags;
        copy.fsBase = fsBase;
        copy.gsBase = gsBase;
        return copy;
    }

    @Override
    public String toString() {
        var text = new StringBuilder();
        String[] names = "rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15".split(" ");
        for (int i = 0; i < 16; i++) {
            text.append(names[i]).append('=').append(Long.toHexString(gpr[i])).append(i % 8 == 7 ? '\n' : ' ');
        }
        return text.append("rip=%x rflags=%x fsbase=%x gsbase=%x es,cs,ss,ds,fs,gs=".formatted(rip, rflags, fsBase,
                gsBase)).append(Arrays.toString(Arrays.stream(selector).mapToObj(Integer::toHexString).toArray()))
                .append(fx).toString();
    }
}
