package org.cupule.hw.cpu;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.cupule.state.ModelState;
import org.cupule.state.StateException;

/**
 * State kind {@code cpu}, version 2. Version 1 had no {@code simd}: its XMM registers and MXCSR are as after power-on.
 *
 * <pre>
 *  general 16  segments 8 x (selector base limit attributes)  rip rflags cr0 cr2 cr3 cr4 efer  gdtBase gdtLimit idtBase idtLimit
 *  debug 8  cpl  pdpte 4  msrs (see {@link #msrs})  shadow debugShadow nmiBlocked  pendingVector pendingCode pendingKind
 *  window shutDown
 *  retired  fpu (nested, cpu.fpu)  fpuControl  simd (nested, cpu.simd)  log (nested, cpu.log)
 * </pre>
 *
 * @threading confined to its CPU
 */
final class CpuState {
    static final int VERSION = 2;

    private CpuState() {
    }

    static ModelState save(Processor cpu, boolean shutDown, boolean window, Pending pending) {
        Registers state = cpu.state;
        long flags = state.rflags();
        long[] segments = Arrays.stream(state.segments)
                .flatMapToLong(s -> Arrays.stream(new long[]{s.selector, s.base, s.limit, s.attributes})).toArray();
        return ModelState.of("cpu", VERSION)
                .put("general", Arrays.copyOf(state.r, 16)).put("segments", segments)
                .put("fpu", cpu.fpu.save())
                .put("rip", state.rip).put("rflags", flags)
                .put("cr0", state.cr0).put("cr2", state.cr2).put("cr3", state.cr3).put("cr4", state.cr4)
                .put("efer", state.efer)
                .put("gdtBase", state.gdtBase).put("gdtLimit", state.gdtLimit)
                .put("idtBase", state.idtBase).put("idtLimit", state.idtLimit)
                .put("debug", state.dr.clone()).put("cpl", state.cpl).put("pdpte", state.pdpte.clone())
                .put("msrs", msrs(cpu.msrs)).put("mtrrVariable", cpu.msrs.mtrrVariable.clone())
                .put("mtrrFixed", cpu.msrs.mtrrFixed.clone())
                .put("shadow", cpu.shadow).put("debugShadow", cpu.debugShadow).put("nmiBlocked", cpu.nmiBlocked)
                .put("pendingVector", pending.vector).put("pendingCode", pending.code)
                .put("pendingKind", pending.kind)
                .put("window", window).put("shutDown", shutDown)
                .put("retired", cpu.retired()).put("fpuControl", cpu.fpuControl)
                .put("simd", cpu.simd.save())
                .put("log", cpu.log.save())
                .build();
    }

    private static long[] msrs(Msrs m) {
        return new long[]{m.tscOffset, m.tscAdjust, m.sysenterCs, m.sysenterEsp, m.sysenterEip, m.miscEnable, m.pat,
                m.mtrrDefType, m.star, m.lstar, m.cstar, m.fmask, m.kernelGsBase, m.tscAux};
    }

    private static void msrs(Msrs m, long[] v) {
        m.tscOffset = v[0];
        m.tscAdjust = v[1];
        m.sysenterCs = v[2];
        m.sysenterEsp = v[3];
        m.sysenterEip = v[4];
        m.miscEnable = v[5];
        m.pat = v[6];
        m.mtrrDefType = v[7];
        m.star = v[8];
        m.lstar = v[9];
        m.cstar = v[10];
        m.fmask = v[11];
        m.kernelGsBase = v[12];
        m.tscAux = v[13];
    }

    static void restore(Processor cpu, ModelState saved, Pending pending) {
        if (!saved.kind().equals("cpu") || saved.version() < 1
                || saved.version() > VERSION) {
            throw new StateException("cpu: cannot read " + saved.kind() + " version " + saved.version());
        }
        Registers state = cpu.state;
        cpu.fpu.restore(saved.nested("fpu"));
        cpu.simd.reset();
        if (saved.version() >= 2) {
            cpu.simd.restore(saved.nested("simd"));
        }
        System.arraycopy(saved.longs("general", 16), 0, state.r, 0, 16);
        long[] s = saved.longs("segments", 32);
        IntStream.range(0, 8).forEach(i -> state.segments[i].set((int) s[4 * i] & 0xFFFF, s[4 * i + 1], s[4 * i + 2],
                (int) s[4 * i + 3]));
        state.rip = saved.number("rip");
        state.rflags(saved.number("rflags"));
        state.cr0 = saved.number("cr0");
        state.cr2 = saved.number("cr2");
        state.cr3 = saved.number("cr3");
        state.cr4 = saved.number("cr4");
        state.efer = saved.number("efer");
        state.gdtBase = saved.number("gdtBase");
        state.gdtLimit = (int) saved.number("gdtLimit", 0, 0xFFFF);
        state.idtBase = saved.number("idtBase");
        state.idtLimit = (int) saved.number("idtLimit", 0, 0xFFFF);
        System.arraycopy(saved.longs("debug", 8), 0, state.dr, 0, 8);
        state.cpl = (int) saved.number("cpl", 0, 3);
        System.arraycopy(saved.longs("pdpte", 4), 0, state.pdpte, 0, 4);
        msrs(cpu.msrs, saved.longs("msrs", 14));
        System.arraycopy(saved.longs("mtrrVariable", 16), 0, cpu.msrs.mtrrVariable, 0, 16);
        System.arraycopy(saved.longs("mtrrFixed", 11), 0, cpu.msrs.mtrrFixed, 0, 11);
        cpu.shadows(saved.flag("shadow"), saved.flag("debugShadow"));
        cpu.nmiBlocked = saved.flag("nmiBlocked");
        cpu.retiredBefore = saved.number("retired");
        cpu.index = 0;
        cpu.fpuControl = (int) saved.number("fpuControl", 0, 0xFFFF);
        cpu.log.restore(saved.nested("log"));
        pending.set((int) saved.number("pendingVector", -1, 255), (int) saved.number("pendingCode"),
                (int) saved.number("pendingKind", Events.EXCEPTION, Events.EXTERNAL));
    }
}
