package org.cupule.hv.sim;

import org.cupule.hardware.CpuContext;
import org.cupule.hardware.EptWalk;
import org.cupule.hardware.Translation;
import org.cupule.time.VmClock;

/**
 * What the CPU model of one vCPU reaches outside itself.
 *
 * @threading confined to the thread that is inside the model
 */
final class CpuSide implements CpuContext {
    private final SimPartition vm;
    private final Vcpu vcpu;
    private final EptWalk walk = new EptWalk();

    CpuSide(SimPartition vm, Vcpu vcpu) {
        this.vm = vm;
        this.vcpu = vcpu;
    }

    @Override
    public boolean translate(long gpa, int access, Translation out) {
        return vm.memory.translate(gpa, access, walk, out);
    }

    @Override
    public long timeStampCounter() {
        return VmClock.ticks(vm.clock.nanos(), Vcpu.TSC_HERTZ);
    }

    @Override
    public long requestFlush() {
        return vm.shootDown.request(vcpu);
    }

    @Override
    public boolean flushed(long request) {
        return vm.shootDown.done(vcpu, request);
    }

    @Override
    public void unknownInstruction(long rip, byte[] bytes) {
        vm.unknownInstruction(vcpu.index, rip, bytes);
    }
}
