package org.cupule.linux.acrn;

import java.io.UncheckedIOException;
import java.util.List;
import java.util.stream.Stream;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Region;
import org.cupule.rig.guest.Soon;
import org.cupule.rig.guest.StandIn;
import org.cupule.rig.guest.StandIn.Hypercall;
import org.cupule.tck.hsm.PartitionBelow;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/**
 * A VM in the stand-in below Linux's driver, as the contracts of the HSM play it. What was asked of it is read out of
 * the log of hypercalls.
 *
 * @threading any thread; each vCPU is for one thread at a time
 */
final class StandInPartition implements PartitionBelow {
    private static final int SET_REGIONS = 0x42;
    private static final int NOTIFY = 0x31;
    private static final int[] CHANGING = {0x11, 0x12, 0x13, 0x15, 0x16, 0x23, 0x25, SET_REGIONS};
    private static final int FOR_EVER = 1 << 30;

    private final int vmid;
    private final PartitionCreation creation;
    private final IoRequestPage page;
    private final long mark;

    /** Made of what the driver was asked for; {@code mark} is the log's end before. */
    StandInPartition(int vmid, PartitionCreation creation, IoRequestPage page, long mark) {
        this.vmid = vmid;
        this.creation = creation;
        this.page = page;
        this.mark = mark;
    }

    @Override
    public void post(int vcpu, int type, boolean write, long address, int size, long value) {
        StandIn.post(vmid, vcpu, type, write ? 1 : 0, address, size, value);
    }

    @Override
    public void write(int vcpu, int type, boolean write, long address, int size, long value) {
        StandIn.write(vmid, vcpu, type, write ? 1 : 0, address, size, value);
    }

    @Override
    public void upcall(int vcpu) {
        StandIn.command("upcall");
    }

    @Override
    public long take(int vcpu) {
        return StandIn.take(vmid, vcpu);
    }

    @Override
    public void awaitState(int vcpu, int wanted) {
        Soon.until(() -> page.state(vcpu) == wanted);
    }

    /** A vCPU whose VM goes away makes no access any more: the stand-in tells its thread so. */
    @Override
    public void guarded(Runnable guest) {
        if (state() != Partition.State.RUNNING) {
            return;
        }
        try {
            guest.run();
        } catch (UncheckedIOException refused) {
            if (state() == Partition.State.RUNNING) {
                throw refused;
            }
        }
    }

    @Override
    public void tell(PartitionEvent event) {
        Assumptions.abort("ACRN tells of no events");
    }

    @Override
    public int vmid() {
        return vmid;
    }

    @Override
    public Partition.State state() {
        return switch ((int) StandIn.state(vmid)[0]) {
            case 0 -> Partition.State.POWERED_OFF;
            case 1 -> Partition.State.CREATED;
            case 2 -> Partition.State.RUNNING;
            default -> Partition.State.PAUSED;
        };
    }

    @Override
    public IoRequestPage page() {
        return page;
    }

    private Stream<Hypercall> calls() {
        return StandIn.since(mark).stream()
                .filter(call -> (kind(call) == SET_REGIONS ? batchOf(call) : call.first()) == vmid);
    }

    private static int kind(Hypercall call) {
        return call.id() & 0xFF;
    }

    /** The VM's id is the first word of the batch. */
    private static int batchOf(Hypercall call) {
        return (int) little(call.argument(), 0, 2);
    }

    private static long little(String hex, int offset, int bytes) {
        long number = 0;
        for (int i = bytes - 1; i >= 0; i--) {
            number = number << 8 | Integer.parseInt(hex, 2 * (offset + i), 2 * (offset + i) + 2, 16);
        }
        return number;
    }

    @Override
    public List<String> journal() {
        return calls().map(StandInPartition::entry).filter(entry -> !entry.isEmpty()).toList();
    }

    private static String entry(Hypercall call) {
        return switch (kind(call)) {
            case 0x11 -> "destroy";
            case 0x12 -> "start";
            case 0x13 -> "pause";
            case 0x15 -> "reset";
            case 0x16 -> "setRegisters " + little(call.argument(), 0, 2);
            case 0x23 -> new Msi(little(call.argument(), 0, 8), (int) little(call.argument(), 8, 4)).toString();
            case 0x25 -> "line " + (int) call.second() + " " + (call.second() >>> Integer.SIZE);
            case 0x30 -> "setIoRequestPage";
            case SET_REGIONS -> "setRegions";
            default -> "";
        };
    }

    @Override
    public List<Region> regions() {
        if (calls().anyMatch(call -> kind(call) == SET_REGIONS)) {
            Assumptions.abort("the hypervisor is given physical addresses, and not their backing");
        }
        return List.of();
    }

    @Override
    public PartitionCreation creation() {
        return creation;
    }

    @Override
    public int finishes(int vcpu) {
        return (int) calls().filter(call -> kind(call) == NOTIFY && call.second() == vcpu).count();
    }

    @Override
    public void fail(@Nullable RuntimeException with) {
        for (int call : CHANGING) {
            StandIn.fail(call, with == null ? 0 : -errno(with), with == null ? 0 : FOR_EVER);
        }
    }

    /** {@return the error number that a hypercall answers for a failure} */
    static int errno(RuntimeException failure) {
        return (failure instanceof HsmException known ? known.errno() : Errno.EIO).number();
    }

    @Override
    public void onDestroy(Runnable action) {
        Assumptions.abort("no test can run inside a hypercall");
    }

    @Override
    public List<Thread> leftBehind() {
        return Assumptions.abort("ACRN is told of no threads");
    }
}
