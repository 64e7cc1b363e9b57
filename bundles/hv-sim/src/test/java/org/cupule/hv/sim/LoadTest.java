package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.swap.SwapReport;
import org.cupule.tck.hypervisor.PartitionFixture;
import org.junit.jupiter.api.Test;

/** Two vCPUs of real machine code under load, while everything that needs them to stand still happens. */
class LoadTest extends PartitionFixture {
    private final SimHypervisor hypervisor = RealHardware.hypervisor();
    private final long[] port = new long[2];
    private final long[] memory = new long[2];
    private final long[] served = new long[2];
    private final List<String> wrong = new ArrayList<>();
    private final LinkedBlockingQueue<Integer> queue = new LinkedBlockingQueue<>();
    private volatile boolean queued;
    private volatile Partition vm;

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }

    @Override
    public void request(int vcpu) {
        if (queued) {
            queue.add(vcpu);
        } else {
            serve(vcpu);
        }
    }

    private void dispatch() {
        try {
            for (int vcpu = queue.take(); vcpu >= 0; vcpu = queue.take()) {
                serve(vcpu);
                vm.finish(vcpu);
            }
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Keeps what was written for the next read, and counts: each number comes once, and after the one before. */
    private synchronized void serve(int vcpu) {
        page.state(vcpu, IoRequestPage.PROCESSING);
        switch ((int) page.address(vcpu)) {
            case 0x80 -> {
                port[vcpu] = page.value(vcpu);
                check(port[vcpu] == ++served[vcpu], vcpu, "came after " + (served[vcpu] - 1));
            }
            case 0x84 -> page.value(vcpu, port[vcpu]);
            case 0xD000_0000 -> memory[vcpu] = page.value(vcpu);
            case 0xD000_0004 -> page.value(vcpu, memory[vcpu]);
            default -> check(false, vcpu, "unexpected");
        }
        page.state(vcpu, IoRequestPage.COMPLETE);
    }

    private void check(boolean right, int vcpu, String what) {
        if (!right) {
            wrong.add("vcpu%d 0x%x = %d: %s".formatted(vcpu, page.address(vcpu), page.value(vcpu), what));
        }
    }

    private synchronized long rounds(int vcpu) {
        return served[vcpu];
    }

    private void begin() {
        load(0x9000, Guests.AP);
        vm = partition(2);
        start(vm, Guests.WORK);
        progress();
    }

    private void progress() {
        long first = rounds(0);
        long second = rounds(1);
        await("both go on", () -> rounds(0) > first + 20 && rounds(1) > second + 20);
    }

    private void verify() {
        progress();
        vm.pause();
        long sum = ram.segment().get(ValueLayout.JAVA_INT, 0x4000);
        long counts = ram.segment().get(ValueLayout.JAVA_INT, 0x4010) + ram.segment().get(ValueLayout.JAVA_INT, 0x4018);
        // Between the locked sum and its own count each vCPU may stand.
        assertThat(sum).isBetween(counts, counts + 2);
        assertThat(wrong).isEqualTo(List.of());
        assertThat(events).isEmpty();
    }

    private boolean waits(int vcpu) {
        return page.state(vcpu) == IoRequestPage.PENDING;
    }

    private List<SwapReport> swapEverything(int rounds) {
        var reports = new ArrayList<SwapReport>();
        for (int i = 0; i < rounds; i++) {
            var models = List.of("ept " + (i % 2 == 0 ? "interval" : "four-level"), "cpu0 interpreter",
                    "cpu1 interpreter", "lapic0 xapic", "lapic1 xapic", "ioapic wide", "pic cascaded");
            for (String model : models) {
                reports.add(hypervisor.swap("vm" + vm.vmid() + "." + model.split(" ")[0], -1,
                        model.split(" ")[1], Rig.DEADLINE));
            }
        }
        return reports;
    }

    @Test
    void everyPieceOfHardwareIsSwappedUnderInlineRequests() {
        begin();
        assertThat(swapEverything(20)).hasSize(140);
        verify();
    }

    @Test
    void everyPieceOfHardwareIsSwappedWhileRequestsAreInFlight() {
        queued = true;
        var dispatcher = Thread.ofPlatform().daemon().start(this::dispatch);
        begin();
        synchronized (this) { // nothing is served meanwhile
            await("both wait", () -> waits(0) && waits(1));
            assertThat(swapEverything(1)).allMatch(report -> report.waiting() == 2);
        }
        assertThat(swapEverything(20)).hasSize(140);
        verify();
        queue.add(-1);
        await("dispatcher ends", () -> !dispatcher.isAlive());
    }

    @Test
    void pausesAndMemoryChangesLoseNothing() {
        begin();
        for (int i = 0; i < 50; i++) {
            vm.setRegions(List.of(Region.add(0x4000_0000, ram, 0, 0x10_0000, Access.ALL)));
            vm.pause();
            vm.resume();
            vm.setRegions(List.of(Region.remove(0x4000_0000, 0x10_0000)));
        }
        verify();
    }
}
