package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.LongStream;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.tck.hypervisor.PartitionFixture;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeterministicTest extends PartitionFixture {
    private final SimHypervisor hypervisor = RealHardware.hypervisor();
    private final List<String> log = new CopyOnWriteArrayList<>();
    private volatile Partition running;

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }

    private Partition deterministic(int vcpus) {
        var vm = hypervisor.create(new PartitionCreation("d", (1L << vcpus) - 1, 0, Behaviour.X86, true, false,
                Map.of()), this);
        vm.setIoRequestPage(pageMemory);
        vm.setRegions(List.of(Region.add(0, ram, 0, RAM_BYTES, Access.ALL)));
        running = vm;
        return vm;
    }

    @Override
    public void request(int vcpu) {
        log.add("%d ns vcpu%d %x=%x".formatted(running.clock().nanos(), vcpu, page.address(vcpu), page.value(vcpu)));
        super.request(vcpu);
    }

    private static void end(Partition vm) {
        vm.pause();
        vm.destroy();
    }

    @AfterEach
    void endAll() {
        hypervisor.deactivate();
    }

    @Test
    void ticksComeAtExactTimesAndHaltedTimeIsJumpedOver() {
        gate(0x40, Guests.TICKS_HANDLER);
        var vm = start(deterministic(1), Guests.TICKS);

        await("the end", () -> !written(0x82).isEmpty());

        long[] spinning = written(0x80).stream().mapToLong(Long::longValue).toArray();
        assertThat(LongStream.range(1, 10).map(i -> spinning[(int) i] - spinning[(int) i - 1]).distinct().toArray())
                .hasSize(1);
        assertThat(vm.clock().nanos()).isBetween(1_010_000_000L, 1_011_000_000L);
        end(vm);
    }

    private List<String> logOf(int vcpus, int lines) {
        log.clear();
        ram.segment().asSlice(0x4000, 0x100).fill((byte) 0);
        load(0x9000, Guests.AP);
        answer = address -> ram.segment().get(java.lang.foreign.ValueLayout.JAVA_INT, 0x4010);
        var vm = start(deterministic(vcpus), Guests.WORK);
        await("enough", () -> log.size() >= lines);
        end(vm);
        return new ArrayList<>(log.subList(0, lines));
    }

    @Test
    void twoRunsAreTheSameToTheNanosecond() {
        var first = logOf(2, 3000);
        var second = logOf(2, 3000);

        assertThat(second).isEqualTo(first);
        assertThat(first).anyMatch(line -> line.contains("vcpu1"));
    }

    @Test
    void aTimerOfADeviceFiresAtExactlyItsTime() {
        var at = new CopyOnWriteArrayList<Long>();
        var vm = deterministic(1);
        vm.clock().timer(() -> at.add(vm.clock().nanos())).arm(1_234);
        vm.clock().timer(() -> at.add(vm.clock().nanos())).arm(98_765);
        // jmp $
        load(ENTRY, new byte[]{(byte) 0xEB, (byte) 0xFE});
        vm.setRegisters(0, protectedMode());

        vm.start();

        await("both", () -> at.size() == 2);
        assertThat(at).containsExactly(1_234L, 98_765L);
        end(vm);
    }

    @Test
    void aRequestThatAnotherThreadAnswersTakesNoTime() {
        hold = true;
        // in al,0x60; in al,0x61; hlt
        var vm = start(deterministic(1), new byte[]{(byte) 0xE4, 0x60, (byte) 0xE4, 0x61, (byte) 0xF4});
        await("first", () -> log.size() == 1 && page.state(0) == IoRequestPage.PROCESSING);
        complete(vm, 0, 5);
        await("second", () -> log.size() == 2 && page.state(0) == IoRequestPage.PROCESSING);
        complete(vm, 0, 5);

        await("halted", () -> vm.activity(0).equals("halted"));
        assertThat(log).containsExactly("0 ns vcpu0 60=0", "1 ns vcpu0 61=0");
        end(vm);
    }

    @Test
    void aTimerThatIsArmedFromOutsideWakesAHaltedPartition() {
        var at = new CopyOnWriteArrayList<Long>();
        var vm = start(deterministic(1), new byte[]{(byte) 0xF4});
        await("halted", () -> vm.activity(0).equals("halted"));

        vm.clock().timer(() -> at.add(vm.clock().nanos())).arm(5_000_000_000L);

        await("timer", () -> at.equals(List.of(5_000_000_000L)));
        end(vm);
    }
}
