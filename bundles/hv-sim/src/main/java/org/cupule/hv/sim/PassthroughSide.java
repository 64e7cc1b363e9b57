package org.cupule.hv.sim;

import java.util.List;
import org.cupule.hardware.EptWalk;
import org.cupule.hardware.Translation;
import org.cupule.hv.sim.passthrough.GuestSide;
import org.cupule.hypervisor.Partition.State;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.ram.Ram;
import org.cupule.time.VmClock;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A partition as its assigned devices see it.
 *
 * @threading any thread
 */
final class PassthroughSide implements GuestSide {
    private static final Logger LOG = LoggerFactory.getLogger(PassthroughSide.class);

    private final SimPartition vm;

    PassthroughSide(SimPartition vm) {
        this.vm = vm;
    }

    @Override
    public int vmid() {
        return vm.vmid();
    }

    @Override
    public State state() {
        return vm.state();
    }

    @Override
    public void change(String operation, Runnable action) {
        vm.life.change(operation, action);
    }

    @Override
    public VmClock clock() {
        return vm.clock;
    }

    @Override
    public long callNanos() {
        return vm.deviceCallNanos();
    }

    @Override
    public void leaveBehind(Thread stuck) {
        vm.leaveBehind(stuck);
    }

    @Override
    public void line(int gsi, boolean high) {
        vm.irqs.line(gsi, high ? 0 : 1);
    }

    @Override
    public void message(Msi msi) {
        if (msi.addressed()) {
            vm.irqs.message(msi);
        }
    }

    @Override
    public boolean read(long gpa, byte[] target, int from, int lengthBytes) {
        java.util.Objects.checkFromIndexSize(from, lengthBytes, target.length);
        return copy(gpa, target, from, lengthBytes, false);
    }

    @Override
    public boolean write(long gpa, byte[] source, int from, int lengthBytes) {
        java.util.Objects.checkFromIndexSize(from, lengthBytes, source.length);
        return copy(gpa, source, from, lengthBytes, true);
    }

    private boolean copy(long gpa, byte[] bytes, int from, int lengthBytes, boolean in) {
        int needed = in ? Access.READ | Access.WRITE : Access.READ;
        var walk = new EptWalk();
        var found = new Translation();
        for (int done = 0; done < lengthBytes; done += step(gpa + done, lengthBytes - done)) {
            if (!vm.memory.translate(gpa + done, needed, walk, found)) {
                return false;
            }
        }
        for (int done = 0; done < lengthBytes;) {
            int step = step(gpa + done, lengthBytes - done);
            if (!vm.memory.translate(gpa + done, needed, walk, found)) {
                return false; // it has just been taken away
            }
            move(found, bytes, from + done, step, in);
            done += step;
        }
        return true;
    }

    private static void move(Translation at, byte[] bytes, int from, int step, boolean in) {
        if (in) {
            at.ram.write(at.offset, bytes, from, step);
        } else {
            at.ram.read(at.offset, bytes, from, step);
        }
    }

    private static int step(long gpa, int left) {
        return (int) Math.min(left, Ram.PAGE_BYTES - (gpa & Ram.PAGE_BYTES - 1));
    }

    @Override
    public boolean mapped(long gpa) {
        return vm.memory.mapped(gpa);
    }

    @Override
    public void map(long gpa, Ram ram, long offset, long lengthBytes) {
        change("maps", Region.add(gpa, ram, offset, lengthBytes, Access.READ | Access.WRITE | Access.EXECUTE));
    }

    @Override
    public void unmap(long gpa, long lengthBytes) {
        change("unmaps", Region.remove(gpa, lengthBytes));
    }

    /** The guest places a region where no memory can be, or the EPT's plug-in has gone: it gets none there. */
    private void change(String what, Region region) {
        try {
            vm.memory.apply(List.of(region));
        } catch (HsmException refused) {
            LOG.debug("{} {} 0x{}: {}", vm.name(), what, Long.toHexString(region.gpa()), refused.getMessage());
        }
    }
}
