package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.IoRequestPage;
import org.cupule.host.Descriptor;
import org.cupule.host.EventCounter;
import org.cupule.host.EventFd;
import org.cupule.host.EventSubscription;
import org.cupule.host.LocalEventFd;
import org.cupule.host.OpenDescriptors;
import org.cupule.host.SharedEventFd;
import org.cupule.hsm.eventfd.EventFds;
import org.cupule.hsm.eventfd.IoEventFd;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.types.AddressSpace;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.Msi;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Event counters that a guest signals, and that interrupt it ({@code hsm.md} section 12). */
public abstract class EventFdTopicContract extends HsmFixture {
    private static final int DOORBELL = 0x510;
    private static final long NOTIFY = 0xC000_3000L;
    private static final long BUS = 0xB5;
    private static final Msi MESSAGE = new Msi(0xFEE0_1000L, 0x4031);
    private static final Msi OTHER = new Msi(0xFEE0_0000L, 0x55);

    private static final String ATTENDED = ", listed false, page true";

    private final OpenDescriptors open = new OpenDescriptors();

    /** Only a contract. */
    protected EventFdTopicContract() {
    }

    /** {@return a new event counter; here one of this process} */
    protected EventFd create() {
        return LocalEventFd.create(0);
    }

    private EventFd counter() {
        EventFd counter = create();
        open.open(counter);
        return counter;
    }

    private EventFds topic() {
        return vm.eventFds();
    }

    /** Only a guest that runs writes to its ports. */
    @BeforeEach
    final void startVm() {
        vm.start();
    }

    /** Closes the counters, after the VM that uses them. */
    @AfterEach
    protected final void closeCounters() {
        partition.fail(null);
        vm.close();
        open.close();
    }

    private List<String> messages() {
        return partition.journal().stream().filter(line -> line.startsWith("msi")).toList();
    }

    private void awaitMessages(String... wanted) {
        Deadline.await(List.of(wanted) + " are injected, not " + messages(),
                () -> messages().equals(List.of(wanted)));
    }

    private void addBus() {
        vm.ioRequests().inlineDefault("bus", access -> BUS);
    }

    // ---------------------------------------------------------------- ioeventfd

    @ParameterizedTest
    @ValueSource(ints = {0, 3, 5, 6, 7, 9, 16, -1})
    @DisplayName("HSM-IOEFD-01 a length that is not 1, 2, 4 or 8 is EINVAL")
    void lengthIsAPowerOfTwoUpToEight(int lengthBytes) {
        assertThat(Failing.errno(() -> IoEventFd.port(DOORBELL, lengthBytes))).isEqualTo(Errno.EINVAL);
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, -2, -7, -8})
    @DisplayName("HSM-IOEFD-01 an address whose end is beyond 64 bits is EINVAL")
    void endBeyondTheAddressSpaceIsEinval(long address) {
        assertThat(Failing.errno(() -> IoEventFd.mmio(address, 8))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> IoEventFd.mmio(-9, 8))).isNull();
    }

    @Test
    @DisplayName("HSM-IOEFD-02 the same again is EEXIST, whatever its length; any value conflicts with each")
    void theSameAgainIsEexist() {
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 2).matching(7));

        assertThat(Failing.errno(() -> topic().assign(counter, IoEventFd.port(DOORBELL, 2).matching(7))))
                .isEqualTo(Errno.EEXIST);
        assertThat(Failing.errno(() -> topic().assign(counter, IoEventFd.port(DOORBELL, 4).matching(7))))
                .isEqualTo(Errno.EEXIST);
        assertThat(Failing.errno(() -> topic().assign(counter, IoEventFd.port(DOORBELL, 2)))).isEqualTo(Errno.EEXIST);
        assertThat(topic().ioEventFds()).hasSize(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-02 another value, address, space or counter does not conflict")
    void whatDiffersDoesNotConflict() {
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 2).matching(7));
        topic().assign(counter, IoEventFd.port(DOORBELL, 2).matching(8));
        topic().assign(counter, IoEventFd.port(DOORBELL + 1, 2).matching(7));
        topic().assign(counter, IoEventFd.mmio(DOORBELL, 2).matching(7));
        topic().assign(counter(), IoEventFd.port(DOORBELL, 2).matching(7));

        assertThat(topic().ioEventFds()).hasSize(5);
    }

    @Test
    @DisplayName("HSM-IOEFD-02 of two counters at one address the first one is signalled, until it is deassigned")
    void theFirstOfTwoWins() {
        EventFd first = counter();
        EventFd second = counter();
        topic().assign(first, IoEventFd.port(DOORBELL, 2));
        topic().assign(second, IoEventFd.port(DOORBELL, 2));
        partition.out(0, DOORBELL, 2, 1);
        assertThat(first.take()).isEqualTo(1);
        topic().deassignIoEventFd(first);
        partition.out(0, DOORBELL, 2, 1);

        assertThat(first.take()).isZero();
        assertThat(second.take()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-03 the value that is waited for signals, another one is swallowed")
    void onlyTheMatchingValueSignals() {
        addBus();
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.mmio(NOTIFY, 4).matching(0x8000_0007L));
        partition.access(0, IoRequestPage.MMIO, true, NOTIFY, 4, 0x8000_0006L);
        assertThat(counter.take()).isZero();
        partition.access(0, IoRequestPage.MMIO, true, NOTIFY, 4, 0x8000_0007L);

        assertThat(counter.take()).isEqualTo(1);
        assertThat(vm.ioRequests().counters().unclaimed()).isZero();
    }

    @Test
    @DisplayName("HSM-IOEFD-03 the value is compared in 64 bits: high ones that a short write cannot have never match")
    void theWholeValueIsCompared() {
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 4).matching(0x1_0000_0007L));
        topic().assign(counter, IoEventFd.mmio(NOTIFY, 8).matching(-7));
        partition.out(0, DOORBELL, 4, 7);
        partition.access(0, IoRequestPage.MMIO, true, NOTIFY, 4, 0xFFFF_FFF9L);
        assertThat(counter.take()).isZero();
        partition.access(0, IoRequestPage.MMIO, true, NOTIFY, 8, -7);

        assertThat(counter.take()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-03 many values at one address find their own counter, and one only")
    void eachValueHasItsCounter() {
        List<EventFd> queues = List.of(counter(), counter(), counter());
        for (int queue = 0; queue < queues.size(); queue++) {
            topic().assign(queues.get(queue), IoEventFd.port(DOORBELL, 2).matching(queue));
        }
        partition.out(0, DOORBELL, 2, 1);
        partition.out(1, DOORBELL, 2, 2);
        partition.out(2, DOORBELL, 2, 2);

        assertThat(queues).extracting(EventFd::take).containsExactly(0L, 1L, 2L);
        assertThat(topic().ioEventFds()).extracting(EventFds.IoEventFdInfo::signals).containsExactly(0L, 1L, 2L);
    }

    @Test
    @DisplayName("HSM-IOEFD-04 a read yields 0 and signals nothing")
    void aReadYieldsZero() {
        addBus();
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 4));

        assertThat(partition.in(0, DOORBELL, 4)).isZero();
        assertThat(counter.take()).isZero();
    }

    @Test
    @DisplayName("HSM-IOEFD-05 a narrower write at the address signals; one byte further it is swallowed")
    void aNarrowerWriteSignalsAtTheAddressOnly() {
        addBus();
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 4));
        partition.out(0, DOORBELL + 1, 1, 1);
        partition.out(0, DOORBELL + 2, 2, 1);
        assertThat(counter.take()).isZero();
        partition.out(0, DOORBELL, 1, 1);
        partition.out(0, DOORBELL, 2, 1);
        partition.out(0, DOORBELL, 4, 1);

        assertThat(counter.take()).isEqualTo(3);
        assertThat(vm.ioRequests().counters().unclaimed()).isZero();
    }

    @Test
    @DisplayName("HSM-IOEFD-05 a wider write is not for the client, it goes to the default one")
    void aWiderWriteGoesOn() {
        addBus();
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 2));
        partition.out(0, DOORBELL, 4, 1);

        assertThat(counter.take()).isZero();
        assertThat(vm.ioRequests().counters().unclaimed()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-05 a write that two ranges hold together signals the one that is wide enough")
    void theOneThatIsWideEnoughIsSignalled() {
        EventFd narrow = counter();
        EventFd wide = counter();
        topic().assign(narrow, IoEventFd.port(DOORBELL, 1));
        topic().assign(wide, IoEventFd.port(DOORBELL, 4));
        partition.out(0, DOORBELL, 1, 1);
        partition.out(0, DOORBELL, 4, 1);

        assertThat(narrow.take()).isEqualTo(1);
        assertThat(wide.take()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-06 deassign takes the counter's oldest one, whatever its address; unknown ones do nothing")
    void deassignGoesByCounterOnly() {
        addBus();
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 2));
        topic().assign(counter, IoEventFd.mmio(NOTIFY, 2));
        topic().deassignIoEventFd(counter());
        topic().deassignIoEventFd(counter);
        partition.out(0, DOORBELL, 2, 1);
        partition.access(0, IoRequestPage.MMIO, true, NOTIFY, 2, 1);

        assertThat(counter.take()).isEqualTo(1);
        assertThat(vm.ioRequests().counters().unclaimed()).isEqualTo(1);
        topic().deassignIoEventFd(counter);
        topic().deassignIoEventFd(counter);
        assertThat(topic().ioEventFds()).isEmpty();
    }

    @Test
    @DisplayName("HSM-IOEFD-07 a number that is closed is EBADF, one that is not an eventfd EINVAL")
    void theNumberMustBeAnEventFd() {
        try (OpenDescriptors table = new OpenDescriptors()) {
            int file = table.open(() -> {
            });
            int eventFd = table.open(create());

            assertThat(Failing.errno(() -> table.eventFd(file))).isEqualTo(Errno.EINVAL);
            table.close(file);
            assertThat(Failing.errno(() -> table.eventFd(file))).isEqualTo(Errno.EBADF);
            try (EventFd found = table.eventFd(eventFd)) {
                topic().assign(found, IoEventFd.port(DOORBELL, 2));
            }
        }
        assertThat(topic().ioEventFds()).hasSize(1);
    }

    @Test
    @DisplayName("HSM-IOEFD-07 a handle that is closed is EBADF")
    void aClosedHandleIsEbadf() {
        EventFd counter = create();
        counter.close();

        assertThat(Failing.errno(() -> topic().assign(counter, IoEventFd.port(DOORBELL, 2)))).isEqualTo(Errno.EBADF);
        assertThat(Failing.errno(() -> topic().assign(counter, MESSAGE))).isEqualTo(Errno.EBADF);
        assertThat(topic().ioEventFds()).isEmpty();
        assertThat(topic().irqFds()).isEmpty();
    }

    @Test
    @DisplayName("12.4 closing the handle changes nothing: the write is taken, and the counter still counts")
    void theVmKeepsItsReference() {
        addBus();
        EventFd counter = counter();
        AtomicInteger heard = new AtomicInteger();
        try (EventFd handle = counter.duplicate(); EventSubscription ear = counter.listen(heard::incrementAndGet)) {
            topic().assign(handle, IoEventFd.port(DOORBELL, 2));
            handle.close();
            partition.out(0, DOORBELL, 2, 1);
            Deadline.await("the signal is heard", () -> heard.get() == 1);
        }
        topic().deassignIoEventFd(counter);
        assertThat(topic().ioEventFds()).isEmpty();
    }

    @Test
    @DisplayName("4.3 there is one client for all of them, older than each other one, with the VM's id in its name")
    void thereIsOneClient() {
        vm.ioRequests().inline("before", access -> 1).add(IoEventFd.port(DOORBELL, 2).range());
        topic().assign(counter(), IoEventFd.port(DOORBELL, 2));
        topic().assign(counter(), IoEventFd.mmio(NOTIFY, 2));
        vm.ioRequests().inline("after", access -> 2);

        assertThat(vm.ioRequests().clients()).extracting(ClientInfo::name).containsExactly("after", "before",
                "ioeventfd-" + vm.vmid());
        assertThat(partition.in(0, DOORBELL, 2)).isEqualTo(1);
        assertThat(topic().ioEventFds()).extracting(info -> info.ioEventFd().space())
                .containsExactly(AddressSpace.PORTIO, AddressSpace.MMIO);
    }

    @Test
    @DisplayName("an ioeventfd tells of itself what it was made of")
    void infoTellsTheSpec() {
        IoEventFd spec = IoEventFd.port(DOORBELL, 2).matching(3);
        topic().assign(counter(), spec);

        assertThat(topic().ioEventFds()).singleElement().satisfies(info -> {
            assertThat(info.ioEventFd()).isEqualTo(spec);
            assertThat(info.ioEventFd().match()).isEqualTo(OptionalLong.of(3));
            assertThat(info.offloaded()).isFalse();
        });
    }

    // ---------------------------------------------------------------- irqfd

    @Test
    @DisplayName("HSM-IRQFD-01 each signal injects the message of the assignment, once; the count is not read")
    void eachSignalInjectsOnce() {
        EventFd counter = counter();
        topic().assign(counter, MESSAGE);
        assertThat(messages()).isEmpty();
        counter.signal();
        awaitMessages(MESSAGE.toString());
        counter.add(5);
        awaitMessages(MESSAGE.toString(), MESSAGE.toString());

        assertThat(counter.take()).isEqualTo(6);
        assertThat(topic().irqFds()).singleElement().satisfies(info -> {
            assertThat(info.msi()).isEqualTo(MESSAGE);
            assertThat(info.failures()).isZero();
        });
    }

    @Test
    @DisplayName("HSM-IRQFD-02 a count that is there at the assignment injects at once, once")
    void aCountInjectsAtOnce() {
        EventFd counter = counter();
        counter.add(3);
        topic().assign(counter, MESSAGE);
        awaitMessages(MESSAGE.toString());
        counter.signal();
        awaitMessages(MESSAGE.toString(), MESSAGE.toString());
    }

    @Test
    @DisplayName("HSM-IRQFD-03 a counter that is in use is EBUSY, with another message too; another VM may have it")
    void aCounterInUseIsEbusy() {
        EventFd counter = counter();
        topic().assign(counter, MESSAGE);
        try (EventFd second = counter.duplicate(); var neighbour = hsm.create(creation())) {
            assertThat(Failing.errno(() -> topic().assign(second, OTHER))).isEqualTo(Errno.EBUSY);
            neighbour.eventFds().assign(counter, OTHER);
            counter.signal();
            awaitMessages(MESSAGE.toString());
            Deadline.await("the neighbour is interrupted",
                    () -> hypervisor.partition().journal().contains(OTHER.toString()));
        }
        assertThat(topic().irqFds()).hasSize(1);
    }

    @Test
    @DisplayName("HSM-IRQFD-04 deassign ends the injection and zeroes the count; the message can then be another")
    void deassignZeroesTheCount() {
        EventFd counter = counter();
        topic().assign(counter, MESSAGE);
        counter.add(4);
        awaitMessages(MESSAGE.toString());
        topic().deassignIrqFd(counter);
        assertThat(counter.take()).isZero();
        counter.signal();
        topic().assign(counter, OTHER);
        awaitMessages(MESSAGE.toString(), OTHER.toString());

        topic().deassignIrqFd(counter);
        topic().deassignIrqFd(counter);
        topic().deassignIrqFd(counter());
        assertThat(topic().irqFds()).isEmpty();
    }

    @Test
    @DisplayName("HSM-IRQFD-05 the end of the last handle removes the irqfd; a deassign afterwards does nothing")
    void hangUpRemovesIt() {
        EventFd counter = counter();
        EventFd second = counter.duplicate();
        topic().assign(counter, MESSAGE);
        counter.close();
        assertThat(topic().irqFds()).hasSize(1);
        second.close();
        Deadline.await("the irqfd is removed", () -> topic().irqFds().isEmpty());
        topic().deassignIrqFd(counter);

        assertThat(messages()).isEmpty();
    }

    @Test
    @DisplayName("HSM-IRQFD-05 an ioeventfd of the same counter does not keep it from hanging up")
    void anIoEventFdIsNoHandle() {
        EventFd counter = counter();
        topic().assign(counter, IoEventFd.port(DOORBELL, 2));
        topic().assign(counter, MESSAGE);
        counter.close();
        Deadline.await("the irqfd is removed", () -> topic().irqFds().isEmpty());
        partition.out(0, DOORBELL, 2, 1);

        assertThat(messages()).isEmpty();
        assertThat(topic().ioEventFds()).hasSize(1);
    }

    @Test
    @DisplayName("HSM-IRQFD-06 an injection that the hypervisor refuses does not reach the one who signals")
    void aRefusedInjectionIsNotReported() {
        EventFd counter = counter();
        topic().assign(counter, new Msi(0xFED0_0000L, 0x31));
        assertThat(Failing.errno(counter::signal)).isNull();
        Deadline.await("the refusal is counted", () -> topic().irqFds().getFirst().failures() == 1);
        partition.fail(new HsmException(Errno.EIO, "injectMsi", "as the test wants"));
        assertThat(Failing.errno(counter::signal)).isNull();

        Deadline.await("the refusal is counted", () -> topic().irqFds().getFirst().failures() == 2);
    }

    @Test
    @DisplayName("a guest's write through an ioeventfd interrupts it through an irqfd of the same counter")
    void aWriteCanInterruptTheWriter() {
        EventFd counter = counter();
        topic().assign(counter, MESSAGE);
        topic().assign(counter, IoEventFd.port(DOORBELL, 2));
        partition.out(0, DOORBELL, 2, 1);

        awaitMessages(MESSAGE.toString());
    }

    // ---------------------------------------------------------------- the end

    @Test
    @DisplayName("HSM-VM-11 HSM-VM-14 the end of a VM lets all counters go, ioeventfds first, and injects nothing more")
    void theEndLetsAllCountersGo() {
        List<String> journal = new CopyOnWriteArrayList<>();
        vm.ioRequests().inlineDefault("bus", access -> BUS);
        vm.ioRequests().inline("device", access -> BUS);
        EventFd irq = new Journal(journal).handle();
        topic().assign(irq, MESSAGE);
        try (EventFd io = new Journal(journal).handle()) {
            topic().assign(io, IoEventFd.port(DOORBELL, 2));
        }
        partition.onDestroy(() -> journal.add("hypervisor, ioeventfds " + topic().ioEventFds().size() + ", irqfds "
                + topic().irqFds().size()));
        vm.close();
        irq.signal();
        irq.close();

        assertThat(journal).containsExactly("hypervisor, ioeventfds 1, irqfds 1", "released" + ATTENDED,
                "unwatched" + ATTENDED, "released" + ATTENDED.replace("true", "false"));
        assertThat(messages()).isEmpty();
        assertThat(Failing.errno(() -> vm.eventFds())).isEqualTo(Errno.EINVAL);
    }

    /** What a counter is made of that tells when a VM lets it go, and what is there then. */
    private final class Journal implements EventCounter {
        private final List<String> lines;
        private @Nullable EventSubscription watcher;

        Journal(List<String> lines) {
            this.lines = lines;
        }

        EventFd handle() {
            return new SharedEventFd(this).handle().orElseThrow();
        }

        private void write(String what) {
            lines.add(what + ", listed " + hsm.machines().contains(vm) + ", page "
                    + partition.page().segment().scope().isAlive());
        }

        @Override
        public void add(long count) {
            signal();
        }

        @Override
        public void signal() {
            if (watcher != null) {
                watcher.signalled();
            }
        }

        @Override
        public long take() {
            return 0;
        }

        @Override
        public void watch(EventSubscription subscription) {
            watcher = subscription;
        }

        @Override
        public void unwatch(EventSubscription subscription) {
            write("unwatched");
        }

        @Override
        public Optional<Descriptor> descriptor() {
            return Optional.empty();
        }

        @Override
        public void release() {
            write("released");
        }
    }
}
