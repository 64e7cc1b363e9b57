package org.cupule.hv.sim;

import org.cupule.hardware.Ipi;
import org.cupule.hardware.LapicContext;
import org.cupule.time.VmClock;
import org.cupule.time.VmTimer;

/**
 * What the local APIC model of one vCPU reaches outside itself. The timer belongs to the vCPU, so it goes on over a
 * swap; a new model that arms it while it is being restored gets its wish when it comes into use.
 *
 * @threading confined to the vCPU's thread, or to who has quiesced it
 */
final class LapicSide implements LapicContext {
    private final SimPartition vm;
    private final Vcpu vcpu;
    private final VmTimer timer;
    private final Stage stage;

    LapicSide(SimPartition vm, Vcpu vcpu, VmTimer timer, Stage stage) {
        this.vm = vm;
        this.vcpu = vcpu;
        this.timer = timer;
        this.stage = stage;
    }

    @Override
    public VmClock clock() {
        return vm.clock;
    }

    @Override
    public long busHertz() {
        return Vcpu.BUS_HERTZ;
    }

    @Override
    public long tscHertz() {
        return Vcpu.TSC_HERTZ;
    }

    @Override
    public long timeStampCounter() {
        return VmClock.ticks(vm.clock.nanos(), Vcpu.TSC_HERTZ) + vcpu.cpu().timeStampAdjustment();
    }

    @Override
    public void timerAt(long deadlineNanos) {
        if (stage.live()) {
            timer.arm(deadlineNanos);
        } else {
            stage.wish(() -> timer.arm(deadlineNanos));
        }
    }

    @Override
    public void send(Ipi ipi) {
        if (stage.live()) {
            vm.fabric.send(vcpu, ipi);
        }
    }

    @Override
    public void endOfInterrupt(int vector) {
        if (stage.live()) {
            vm.fabric.endOfInterrupt(vector);
        }
    }
}
