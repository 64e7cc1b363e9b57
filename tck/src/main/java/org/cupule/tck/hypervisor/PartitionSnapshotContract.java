package org.cupule.tck.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.cupule.abi.IoRequestPage;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.Partition.State;
import org.cupule.state.ModelState;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

/** Saving a partition, and making another one of what was saved: its guest goes on as if nothing had happened. */
public abstract class PartitionSnapshotContract extends PartitionFixture {
    private static final byte[] COUNT = MachineCode.of("""
            31 c0                          xor eax,eax
            40                             inc eax            ; 0x1002
            e7 80                          out 0x80,eax
            eb fb                          jmp short 0x1002
            """);
    private static final byte[] TWICE = MachineCode.of("""
            e4 60                          in al,0x60
            e6 80                          out 0x80,al
            e4 61                          in al,0x61
            f4                             hlt
            """);
    private static final int TIMER_HANDLER = ENTRY + 0x28;
    /** One shot of the local APIC's timer, a third of a second of VM time after it was armed. */
    private static final byte[] TIMER = MachineCode.of("""
            c7 05 f0 00 e0 fe ff 01 00 00  mov dword [0xfee000f0],0x1ff
            c7 05 20 03 e0 fe 39 00 00 00  mov dword [0xfee00320],0x39     ; vector 0x39, one shot
            c7 05 80 03 e0 fe 00 00 40 00  mov dword [0xfee00380],0x400000 ; divided by 2
            b0 01                          mov al,0x1
            e6 80                          out 0x80,al
            fb                             sti
            f4                             hlt
            eb fd                          jmp short 0x1023
            90                             nop
            90                             nop
            b0 07                          mov al,0x7                      ; 0x1028, the handler
            e6 81                          out 0x81,al
            f4                             hlt
            """);
    private static final byte[] START_AP = MachineCode.of("""
            c7 05 00 03 e0 fe 00 45 0c 00  mov dword [0xfee00300],0xc4500  ; INIT, all but self
            e4 60                          in al,0x60
            c7 05 00 03 e0 fe 08 46 0c 00  mov dword [0xfee00300],0xc4608  ; start-up 8, all but self
            f4                             hlt
            """);
    private static final byte[] AP = MachineCode.of("""
            b0 77                          mov al,0x77
            e6 81                          out 0x81,al
            f4                             hlt
            """);

    /** What the HSM keeps beside the partition: the slots. */
    private final byte[] slots = new byte[IoRequestPage.PAGE_BYTES];

    /** Only a contract. */
    protected PartitionSnapshotContract() {
    }

    private Map<String, ModelState> savedAndDestroyed(Partition vm) {
        vm.pause();
        Map<String, ModelState> saved = vm.save();
        MemorySegment.copy(pageMemory, ValueLayout.JAVA_BYTE, 0, slots, 0, slots.length);
        vm.destroy();
        return saved;
    }

    private Partition restored(int vcpus, Map<String, ModelState> saved) {
        Partition vm = partition(vcpus);
        MemorySegment.copy(slots, 0, pageMemory, ValueLayout.JAVA_BYTE, 0, slots.length);
        vm.restore(saved);
        return vm;
    }

    @Test
    void guestCountsOnWithoutGapOrRepetition() {
        Partition vm = start(partition(1), COUNT);
        await("it counts", () -> requests.size() > 100);

        Partition next = restored(1, savedAndDestroyed(vm));
        int before = requests.size();
        next.resume();

        await("it counts on", () -> requests.size() > before + 100);
        next.pause();
        List<Long> counted = written(0x80);
        assertThat(counted).containsExactlyElementsOf(LongStream.rangeClosed(1, counted.size()).boxed().toList());
    }

    @Test
    void restoredPartitionIsPausedAndItsRegistersAndClockAreTheSame() {
        Partition vm = start(partition(2), COUNT);
        await("it counts", () -> requests.size() > 10);
        vm.pause();
        Map<String, Long> registers = vm.registers(0);
        long nanos = vm.clock().nanos();
        long epochSeconds = vm.clock().epochSeconds();

        Partition next = restored(2, savedAndDestroyed(vm));

        assertThat(next.state()).isEqualTo(State.PAUSED);
        assertThat(next.registers(0)).isEqualTo(registers);
        assertThat(next.activity(1)).isEqualTo("waiting for SIPI");
        assertThat(next.clock().nanos()).isEqualTo(nanos);
        assertThat(next.clock().epochSeconds()).isEqualTo(epochSeconds);
    }

    @Test
    void requestInFlightIsAnsweredInTheRestoredPartition() {
        hold = true;
        Partition vm = start(partition(1), TWICE);
        await("first request", () -> page.state(0) == IoRequestPage.PROCESSING);

        Partition next = restored(1, savedAndDestroyed(vm));
        next.resume();
        assertThat(next.activity(0)).startsWith("in request read port 0x60");
        hold = false;
        complete(next, 0, 0x42);

        await("third request", () -> requests.size() == 3);
        assertThat(written(0x80)).containsExactly(0x42L);
    }

    @Test
    void answerThatWasGivenWhilePausedIsTakenAfterwards() {
        hold = true;
        Partition vm = start(partition(1), TWICE);
        await("first request", () -> page.state(0) == IoRequestPage.PROCESSING);
        vm.pause();
        complete(vm, 0, 0x43);
        hold = false;

        restored(1, savedAndDestroyed(vm)).resume();

        await("third request", () -> requests.size() == 3);
        assertThat(written(0x80)).containsExactly(0x43L);
    }

    @Test
    void interruptControllersKnowWhatTheGuestHasSet() {
        gate(0x39, PartitionGuestContract.PULSE_HANDLER);
        Partition vm = start(partition(1), PartitionGuestContract.PULSE);
        await("halted", () -> vm.activity(0).equals("halted"));

        Partition next = restored(1, savedAndDestroyed(vm));
        next.resume();
        next.setIrqLine(9, 2);

        await("handled", () -> written(0x81).equals(List.of(1L)));
    }

    @Test
    void messageThatNobodyHasTakenIsDelivered() {
        gate(0x39, PartitionGuestContract.PULSE_HANDLER);
        Partition vm = start(partition(1), PartitionGuestContract.PULSE);
        await("halted", () -> vm.activity(0).equals("halted"));
        vm.pause();
        vm.setIrqLine(9, 2);

        restored(1, savedAndDestroyed(vm)).resume();

        await("handled", () -> written(0x81).equals(List.of(1L)));
    }

    @Test
    void lineThatWasHighIsNoNewEdge() {
        gate(0x39, PartitionGuestContract.PULSE_HANDLER);
        Partition vm = start(partition(1), PartitionGuestContract.PULSE);
        await("halted", () -> vm.activity(0).equals("halted"));
        vm.setIrqLine(9, 0);
        await("handled", () -> written(0x81).equals(List.of(1L)));
        await("halted again", () -> vm.activity(0).equals("halted"));

        Partition next = restored(1, savedAndDestroyed(vm));
        next.resume();
        next.setIrqLine(9, 0);
        next.setIrqLine(9, 1);
        next.setIrqLine(9, 0);

        await("handled once more", () -> written(0x81).size() == 2);
        next.pause();
        assertThat(written(0x81)).hasSize(2);
    }

    @Test
    void timerThatWasArmedGoesOff() {
        gate(0x39, TIMER_HANDLER);
        Partition vm = start(partition(1), TIMER);
        await("armed", () -> !written(0x80).isEmpty());

        restored(1, savedAndDestroyed(vm)).resume();

        await("handled", () -> written(0x81).equals(List.of(7L)));
    }

    @Test
    void processorThatWaitsForItsStartIsStartedAfterwards() {
        load(0x8000, AP);
        hold = true;
        Partition vm = start(partition(2), START_AP);
        await("request", () -> page.state(0) == IoRequestPage.PROCESSING);

        Partition next = restored(2, savedAndDestroyed(vm));
        next.resume();
        hold = false;
        complete(next, 0, 0);

        await("started", () -> written(0x81).equals(List.of(0x77L)));
    }

    @Test
    void savingChangesNothing() {
        Partition vm = start(partition(1), COUNT);
        await("it counts", () -> requests.size() > 10);
        vm.pause();

        Map<String, ModelState> first = vm.save();

        assertThat(vm.save()).isEqualTo(first);
        vm.resume();
        int before = requests.size();
        await("it counts on", () -> requests.size() > before + 10);
    }

    @Test
    void restoredPartitionIsResetAndDestroyedAsAnyOther() {
        Partition vm = start(partition(1), COUNT);

        Partition next = restored(1, savedAndDestroyed(vm));
        next.reset();

        assertThat(next.state()).isEqualTo(State.CREATED);
        start(next, TWICE);
        await("it runs", () -> requests.stream().anyMatch(request -> request.address() == 0x61));
    }

    @Test
    void savesOnlyWhatIsPaused() {
        Partition vm = partition(1);
        refuses(Errno.EPERM, vm::save);
        start(vm, COUNT);
        refuses(Errno.EPERM, vm::save);
    }

    @Test
    void restoresOnlyIntoWhatWasJustMade() {
        Partition vm = start(partition(1), COUNT);
        vm.pause();
        Map<String, ModelState> saved = vm.save();

        refuses(Errno.EPERM, () -> vm.restore(saved));
    }

    @Test
    void refusesAStateOfAnotherNumberOfProcessors() {
        Map<String, ModelState> saved = savedAndDestroyed(start(partition(2), COUNT));

        refuses(Errno.EINVAL, () -> restored(1, saved));
    }

    @Test
    void refusesAStateOfAnotherBehaviour() {
        Map<String, ModelState> saved = savedAndDestroyed(start(partition(1, Behaviour.ACRN, 0), COUNT));

        refuses(Errno.EINVAL, () -> restored(1, saved));
    }

    @Test
    void namesThePlaceWhoseStateIsMissing() {
        Map<String, ModelState> saved = savedAndDestroyed(start(partition(1), COUNT));

        for (String place : saved.keySet()) {
            var rest = new TreeMap<>(saved);
            rest.remove(place);
            assertThatThrownBy(() -> restored(1, rest)).isInstanceOf(HsmException.class).hasMessageContaining(place);
        }
    }

    @Test
    void refusesAStateOfAVersionThatNobodyReads() {
        Map<String, ModelState> saved = savedAndDestroyed(start(partition(1), COUNT));

        for (String place : saved.keySet()) {
            var other = new TreeMap<>(saved);
            other.put(place, ModelState.of(saved.get(place).kind(), 999).build());
            assertThatThrownBy(() -> restored(1, other)).as(place).isInstanceOf(HsmException.class);
        }
    }
}
