package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.hsm.ioreq.DefaultClient;
import org.cupule.hsm.ioreq.IoAccess;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.hsm.ioreq.IoTrace;
import org.cupule.types.Errno;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What becomes of an I/O request ({@code hsm.md} section 7), whoever dispatches it. */
public abstract class IoreqContract extends HsmFixture {
    private static final long ALL_ONES = 0xFFFF_FFFFL;

    private IoRequests requests = vm.ioRequests();
    private IoRequestPage page = partition.page();

    /** Only a contract. */
    protected IoreqContract() {
    }

    @BeforeEach
    void startVm() {
        vm.start();
    }

    @Test
    @DisplayName("HSM-IOREQ-01 the fields stand at the offsets of the interface, slot n at n * 256")
    void fieldsStandAtTheirOffsets() {
        List<String> seen = new CopyOnWriteArrayList<>();
        requests.inlineDefault("bus", access -> {
            seen.add(text(access));
            return 0x1122_3344_5566_7788L;
        });
        MemorySegment raw = page.segment();
        long slot = 3 * 256;
        raw.set(ValueLayout.JAVA_INT, slot, 1);
        raw.set(ValueLayout.JAVA_INT, slot + 64, 0);
        raw.set(ValueLayout.JAVA_LONG, slot + 72, 0x8000_0000_1234L);
        raw.set(ValueLayout.JAVA_LONG, slot + 80, 8);
        raw.set(ValueLayout.JAVA_INT, slot + 136, 0);

        partition.upcall(3);
        partition.awaitState(3, IoRequestPage.COMPLETE);

        assertThat(seen).containsExactly("vCPU 3 type 1 read 8 at 800000001234");
        assertThat(raw.get(ValueLayout.JAVA_LONG, slot + 88)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(raw.get(ValueLayout.JAVA_INT, slot + 136)).isEqualTo(1);
    }

    private static String text(IoAccess access) {
        return "vCPU %d type %d %s %d at %x".formatted(access.vcpu(), access.type(), access.write() ? "write" : "read",
                access.size(), access.address());
    }

    @Test
    @DisplayName("HSM-ARCH-01 the slot is the vCPU's: requests of two vCPUs do not mix")
    void slotIsTheVcpus() {
        requests.inlineDefault("bus", access -> 0x10 + access.vcpu());
        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            partition.post(vcpu, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        }

        for (int vcpu = 0; vcpu < VCPUS; vcpu++) {
            assertThat(partition.take(vcpu)).isEqualTo(0x10 + vcpu);
        }
    }

    @Test
    @DisplayName("HSM-IOREQ-03 FREE, PENDING, PROCESSING while the client has it, COMPLETE, FREE")
    void requestGoesThroughItsStates() {
        List<Integer> states = new CopyOnWriteArrayList<>();
        requests.inlineDefault("bus", access -> {
            states.add(page.state(access.vcpu()));
            return 7;
        });
        states.add(page.state(1));
        partition.write(1, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        states.add(page.state(1));
        partition.upcall(1);
        partition.awaitState(1, IoRequestPage.COMPLETE);
        states.add(page.state(1));
        partition.take(1);
        states.add(page.state(1));

        assertThat(states).containsExactly(IoRequestPage.FREE, IoRequestPage.PENDING, IoRequestPage.PROCESSING,
                IoRequestPage.COMPLETE, IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-IOREQ-04 kernel_handled is 1 for a client with ranges, 0 for the default one")
    void kernelHandledTellsTheClient() {
        List<Boolean> handled = new CopyOnWriteArrayList<>();
        requests.inline("device", access -> note(handled, access)).add(IoRange.ports(0x60, 1));
        requests.threaded("worker", access -> note(handled, access)).add(IoRange.ports(0x70, 1));
        requests.inlineDefault("bus", access -> note(handled, access));

        partition.in(0, 0x60, 1);
        partition.in(0, 0x70, 1);
        partition.in(0, 0x80, 1);

        assertThat(handled).containsExactly(true, true, false);
    }

    private long note(List<Boolean> handled, IoAccess access) {
        handled.add(page.kernelHandled(access.vcpu()));
        return 0;
    }

    @Test
    @DisplayName("HSM-IOREQ-06 the hypervisor is told exactly once a request")
    void oneNoticeARequest() {
        requests.inline("device", access -> 0).add(IoRange.ports(0x60, 1));
        requests.threaded("worker", access -> 0).add(IoRange.ports(0x70, 1));
        requests.inlineDefault("bus", access -> 0);

        for (int i = 0; i < 10; i++) {
            partition.in(2, 0x60, 1);
            partition.in(2, 0x70, 1);
            partition.in(2, 0xCF8, 4);
            partition.in(2, 0x99, 1);
        }

        assertThat(partition.finishes(2)).isEqualTo(40);
        assertThat(partition.finishes(0)).isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-07 without a client a request stays PENDING until there is one")
    void unclaimedRequestWaitsForClient() {
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        Deadline.await("the request was looked at", () -> requests.counters().posted() == 1);
        assertThat(page.state(0)).isEqualTo(IoRequestPage.PENDING);

        requests.inlineDefault("bus", access -> 0x42);
        partition.upcall(0);

        assertThat(partition.take(0)).isEqualTo(0x42);
        assertThat(requests.counters().posted()).isEqualTo(1);
    }

    @Test
    @DisplayName("a default client that appears serves what waits, without a new upcall")
    void newClientServesWhatWaits() {
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        partition.post(2, IoRequestPage.PORTIO, false, 0x60, 1, 0);

        requests.inlineDefault("bus", access -> 0x42);

        assertThat(partition.take(0)).isEqualTo(0x42);
        assertThat(partition.take(2)).isEqualTo(0x42);
    }

    @Test
    @DisplayName("HSM-IOREQ-09 a second default client, of whatever form, is EEXIST until the first is closed")
    void secondDefaultClientIsEexist() {
        DefaultClient attached = requests.createDefault();
        assertThat(Failing.errno(requests::createDefault)).isEqualTo(Errno.EEXIST);
        assertThat(Failing.errno(() -> requests.inlineDefault("bus", access -> 0))).isEqualTo(Errno.EEXIST);
        assertThat(requests.attachable()).contains(attached);

        attached.close();
        IoClient inline = requests.inlineDefault("bus", access -> 0);
        assertThat(requests.attachable()).isEmpty();
        assertThat(Failing.errno(requests::createDefault)).isEqualTo(Errno.EEXIST);

        inline.close();
        requests.createDefault().close();
    }

    @Test
    @DisplayName("HSM-IOREQ-10 attaching to a client that was closed is ENODEV")
    void attachToClosedIsEnodev() {
        DefaultClient client = requests.createDefault();
        client.close();

        assertThat(Waiter.attach(client).outcome()).isEqualTo("ENODEV");
    }

    @Test
    @DisplayName("HSM-IOREQ-11 attach returns for a request, and at once while one is unfinished")
    void attachReturnsForRequest() {
        DefaultClient client = requests.createDefault();
        Waiter waiter = Waiter.attach(client);
        assertThat(waiter.waiting()).isTrue();

        partition.post(1, IoRequestPage.PORTIO, false, 0x60, 1, 0);

        assertThat(waiter.outcome()).isEqualTo("request");
        assertThat(Waiter.attach(client).outcome()).as("unfinished").isEqualTo("request");
        assertThat(client.page().state(1)).isEqualTo(IoRequestPage.PROCESSING);
        assertThat(client.page().kernelHandled(1)).isFalse();

        client.page().value(1, 0x5A);
        requests.notifyFinished(1);
        assertThat(partition.take(1)).isEqualTo(0x5A);
        Waiter idle = Waiter.attach(client);
        assertThat(idle.waiting()).isTrue();
        client.close();
        assertThat(idle.outcome()).isEqualTo("ENODEV");
    }

    @Test
    @DisplayName("HSM-IOREQ-12 an interrupt ends the wait in attach")
    void interruptEndsAttach() {
        Waiter waiter = Waiter.attach(requests.createDefault());

        waiter.interrupt();

        assertThat(waiter.outcome()).isEqualTo("interrupted");
    }

    @Test
    @DisplayName("HSM-IOREQ-13 closing the default client ends the wait in attach with ENODEV")
    void closeEndsAttach() {
        DefaultClient client = requests.createDefault();
        Waiter waiter = Waiter.attach(client);

        client.close();

        assertThat(waiter.outcome()).isEqualTo("ENODEV");
    }

    @Test
    @DisplayName("a second thread cannot attach at the same time")
    void secondAttachIsEbusy() {
        DefaultClient client = requests.createDefault();
        Waiter first = Waiter.attach(client);

        assertThat(Waiter.attach(client).outcome()).isEqualTo("EBUSY");

        client.close();
        assertThat(first.outcome()).isEqualTo("ENODEV");
    }

    @Test
    @DisplayName("what a closed default client has left unfinished stays PROCESSING; the next one finds and finishes it")
    void nextDefaultClientFinishesWhatIsLeft() {
        DefaultClient first = requests.createDefault();
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        partition.awaitState(0, IoRequestPage.PROCESSING);
        first.close();
        assertThat(page.state(0)).isEqualTo(IoRequestPage.PROCESSING);

        DefaultClient second = requests.createDefault();
        assertThat(Waiter.attach(second).outcome()).isEqualTo("request");
        page.value(0, 9);
        requests.notifyFinished(0);

        assertThat(partition.take(0)).isEqualTo(9);
        assertThat(Waiter.attach(second).waiting()).isTrue();
    }

    @Test
    @DisplayName("HSM-IOREQ-14 notify for a vCPU that is not there is EINVAL")
    void notifyOfUnknownVcpuIsEinval() {
        assertThat(Failing.errno(() -> requests.notifyFinished(VCPUS))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> requests.notifyFinished(-1))).isEqualTo(Errno.EINVAL);
    }

    @Test
    @DisplayName("HSM-IOREQ-15 notify without a default client has no effect")
    void notifyWithoutDefaultClientHasNoEffect() {
        requests.notifyFinished(0);

        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        assertThat(partition.finishes(0)).isZero();
    }

    @Test
    @DisplayName("a notice for a request that was answered already is refused and counted")
    void secondNoticeIsRefused() {
        requests.createDefault();
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        partition.awaitState(0, IoRequestPage.PROCESSING);
        Deadline.await("notified", () -> {
            requests.notifyFinished(0);
            return page.state(0) == IoRequestPage.COMPLETE;
        });
        partition.take(0);

        requests.notifyFinished(0);

        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        assertThat(partition.finishes(0)).isEqualTo(1);
        assertThat(requests.counters().twice()).isEqualTo(1);
        assertThat(requests.counters().completed()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-IOREQ-15 a notice for a request that another client has does not answer it")
    void noticeDoesNotAnswerForOthers() {
        requests.createDefault();
        Gate gate = new Gate();
        requests.threaded("worker", access -> gate.pass(0x33)).add(IoRange.ports(0x60, 1));
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);

        requests.notifyFinished(0);
        assertThat(page.state(0)).isEqualTo(IoRequestPage.PROCESSING);

        gate.open();
        assertThat(partition.take(0)).isEqualTo(0x33);
    }

    @Test
    @DisplayName("HSM-IOREQ-16 clear completes all requests of the default client, with the value that is there")
    void clearCompletesDefaultRequests() {
        requests.createDefault();
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 4, 0x1234);
        partition.post(1, IoRequestPage.MMIO, false, 0xFED0_0000L, 8, 0x5678);
        partition.awaitState(0, IoRequestPage.PROCESSING);
        partition.awaitState(1, IoRequestPage.PROCESSING);

        requests.clear();

        assertThat(partition.take(0)).isEqualTo(0x1234);
        assertThat(partition.take(1)).isEqualTo(0x5678);
    }

    @Test
    @DisplayName("clear completes a request that waits for a client that does not exist")
    void clearCompletesOrphans() {
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 4, 0x1234);
        Deadline.await("the request was looked at", () -> requests.counters().posted() == 1);

        requests.clear();

        assertThat(partition.take(0)).isEqualTo(0x1234);
    }

    @Test
    @DisplayName("HSM-IOREQ-17 while clearing, a new request completes at once with its value unchanged")
    void newRequestWhileClearingCompletes() throws InterruptedException {
        Gate gate = new Gate();
        requests.threaded("worker", access -> gate.pass(1)).add(IoRange.ports(0x60, 1));
        requests.inlineDefault("bus", access -> 5);
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);
        AtomicBoolean seen = new AtomicBoolean();
        Thread clearing = new Thread(() -> {
            do {
                requests.clear(); // waits for the worker, a while
            } while (!seen.get());
        }, "clearing");
        clearing.start();

        // The bus answers requests of vCPU 1 before and after a clear.
        Deadline.await("a request is completed with its value unchanged",
                () -> partition.access(1, IoRequestPage.PORTIO, false, 0x99, 4, 0xABCD) == 0xABCD);
        seen.set(true);
        gate.open();
        clearing.join();

        assertThat(partition.take(0)).isEqualTo(1);
        assertThat(partition.access(1, IoRequestPage.PORTIO, false, 0x99, 4, 0xABCD)).isEqualTo(5);
    }

    @Test
    @DisplayName("HSM-IOREQ-18 clear does not wait for ever for a client's thread")
    void clearDoesNotWaitForEver() {
        Gate gate = new Gate();
        requests.threaded("worker", access -> gate.pass(0x77)).add(IoRange.ports(0x60, 1));
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);

        requests.clear();

        assertThat(page.state(0)).isEqualTo(IoRequestPage.PROCESSING);
        gate.open();
        assertThat(partition.take(0)).isEqualTo(0x77);
    }

    @Test
    @DisplayName("HSM-IOREQ-19 the newest client wins where ranges overlap; the next one when it is gone")
    void newestClientWins() {
        IoClient first = requests.inline("first", access -> 1);
        IoClient second = requests.inline("second", access -> 2);
        second.add(IoRange.ports(0x60, 4));
        first.add(IoRange.ports(0x60, 8)); // a newer range of an older client

        assertThat(partition.in(0, 0x60, 4)).isEqualTo(2);
        assertThat(partition.in(0, 0x64, 4)).isEqualTo(1);
        assertThat(partition.in(0, 0x62, 4)).as("only the older has all of it").isEqualTo(1);
        second.close();
        assertThat(partition.in(0, 0x60, 4)).isEqualTo(1);
    }

    @Test
    @DisplayName("a range counts for its own space only, and never for configuration space or write protection")
    void rangeCountsForItsSpace() {
        requests.inline("ports", access -> 1).add(IoRange.ports(0x60, 16));
        requests.inline("memory", access -> 2).add(IoRange.mmio(0x60, 16));
        requests.inlineDefault("bus", access -> 3);

        assertThat(partition.access(0, IoRequestPage.PORTIO, false, 0x60, 4, 0)).isEqualTo(1);
        assertThat(partition.access(0, IoRequestPage.MMIO, false, 0x60, 4, 0)).isEqualTo(2);
        assertThat(partition.access(0, IoRequestPage.PCICFG, false, 0x60, 4, 0)).isEqualTo(3);
        assertThat(partition.access(0, IoRequestPage.WRITE_PROTECT, true, 0x60, 4, 0)).isZero();
        assertThat(requests.counters().unclaimed()).isEqualTo(2);
    }

    @Test
    @DisplayName("HSM-IOREQ-20 a handler that throws is called again")
    void failedCallIsRepeated() {
        AtomicInteger calls = new AtomicInteger();
        requests.inline("flaky", access -> 0x10 / (calls.getAndIncrement() / 2)).add(IoRange.ports(0x60, 1));

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(0x10);
        assertThat(calls).hasValue(3);
        assertThat(info("flaky").failures()).isZero();
    }

    @Test
    @DisplayName("HSM-IOREQ-20 a handler that throws always: the guest gets all ones and lives, the client counts it")
    void hopelessHandlerGivesAllOnes() {
        requests.inline("broken", access -> {
            throw new StackOverflowError("as the test wants");
        }).add(IoRange.ports(0x60, 4));
        requests.threaded("broken too", access -> {
            throw new IllegalStateException("as the test wants");
        }).add(IoRange.mmio(0x1000, 4096));

        assertThat(partition.in(0, 0x60, 2)).isEqualTo(0xFFFF);
        assertThat(partition.access(0, IoRequestPage.MMIO, false, 0x1000, 8, 0)).isEqualTo(-1);
        assertThat(partition.access(0, IoRequestPage.MMIO, true, 0x1000, 4, 5)).isEqualTo(5);
        assertThat(info("broken").failures()).isEqualTo(1);
        assertThat(info("broken too").failures()).isEqualTo(2);
        assertThat(requests.counters().completed()).isEqualTo(3);
    }

    private ClientInfo info(String name) {
        return requests.clients().stream().filter(client -> client.name().equals(name)).findFirst().orElseThrow();
    }

    @Test
    @DisplayName("HSM-IOREQ-22 reset makes all slots FREE; what was in flight is forgotten, its late answer refused")
    void resetForgetsWhatIsInFlight() {
        Gate gate = new Gate();
        IoClient worker = requests.threaded("worker", access -> gate.pass(0x66));
        worker.add(IoRange.ports(0x60, 1));
        requests.createDefault();
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        partition.post(1, IoRequestPage.PORTIO, false, 0x99, 1, 0);
        gate.awaitInside(1);
        partition.awaitState(1, IoRequestPage.PROCESSING);
        vm.pause();

        vm.reset();

        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        assertThat(page.state(1)).isEqualTo(IoRequestPage.FREE);
        vm.start();
        partition.write(0, IoRequestPage.PORTIO, false, 0x70, 1, 0x11); // not told to the HSM yet
        gate.open();
        worker.close(); // its thread has ended: the late answer was tried
        requests.notifyFinished(1);
        assertThat(page.state(0)).isIn(IoRequestPage.PENDING, IoRequestPage.PROCESSING); // a dispatcher may have looked
        assertThat(page.value(0)).isEqualTo(0x11);
        assertThat(page.state(1)).isEqualTo(IoRequestPage.FREE);
        assertThat(requests.counters().lost()).isZero();
    }

    @Test
    @DisplayName("a reset that the hypervisor refuses changes nothing: what is in flight is answered")
    void refusedResetChangesNothing() {
        Gate gate = new Gate();
        requests.threaded("worker", access -> gate.pass(0x66)).add(IoRange.ports(0x60, 1));
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        partition.post(1, IoRequestPage.PORTIO, false, 0x99, 1, 0);
        gate.awaitInside(1);
        vm.pause();
        partition.fail(new org.cupule.types.HsmException(Errno.ETIMEDOUT, "reset", "as the test wants"));

        assertThat(Failing.errno(vm::reset)).isEqualTo(Errno.ETIMEDOUT);

        partition.fail(null);
        vm.resume();
        gate.open();
        requests.inlineDefault("bus", access -> 0x42);
        assertThat(partition.take(0)).isEqualTo(0x66);
        assertThat(partition.take(1)).isEqualTo(0x42);
        assertThat(requests.counters()).isEqualTo(new IoRequests.Counters(2, 2, 0, 0, 1));
    }

    @Test
    @DisplayName("HSM-IOREQ-24 an unclaimed read gets what the default client says: all ones")
    void unclaimedReadGetsAllOnes() {
        requests.inlineDefault("bus", access -> -1);

        assertThat(partition.in(0, 0x99, 4)).isEqualTo(ALL_ONES);
        assertThat(partition.in(0, 0x99, 1)).isEqualTo(0xFF);
        assertThat(requests.counters().unclaimed()).isEqualTo(2);
    }

    @Test
    @DisplayName("HSM-RNG-01 a range of one address is accepted and works")
    void rangeOfOneAddress() {
        requests.inline("one", access -> 1).add(new IoRange(org.cupule.types.AddressSpace.PORTIO, 0x60, 0x60));
        requests.inlineDefault("bus", access -> 2);

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(1);
        assertThat(partition.in(0, 0x60, 2)).isEqualTo(2);
        assertThat(partition.in(0, 0x61, 1)).isEqualTo(2);
    }

    @Test
    @DisplayName("HSM-RNG-02 an access that straddles the edge of a range goes to the default client")
    void straddlingAccessGoesToDefault() {
        requests.inline("device", access -> 1).add(IoRange.mmio(0x1000, 0x10));
        requests.inlineDefault("bus", access -> 2);

        assertThat(partition.access(0, IoRequestPage.MMIO, false, 0x100C, 4, 0)).isEqualTo(1);
        assertThat(partition.access(0, IoRequestPage.MMIO, false, 0x100D, 4, 0)).isEqualTo(2);
        assertThat(partition.access(0, IoRequestPage.MMIO, false, 0x0FFE, 4, 0)).isEqualTo(2);
    }

    @Test
    @DisplayName("HSM-RNG-03 a range is removed by space, first and last; of duplicates one goes")
    void rangeIsRemovedExactly() {
        IoClient client = requests.inline("device", access -> 1);
        requests.inlineDefault("bus", access -> 2);
        client.add(IoRange.ports(0x60, 4));
        client.add(IoRange.ports(0x60, 4));

        client.remove(IoRange.ports(0x60, 3));
        client.remove(IoRange.mmio(0x60, 4));
        assertThat(info("device").ranges()).hasSize(2);
        client.remove(IoRange.ports(0x60, 4));
        assertThat(partition.in(0, 0x60, 1)).isEqualTo(1);
        client.remove(IoRange.ports(0x60, 4));
        assertThat(partition.in(0, 0x60, 1)).isEqualTo(2);
        client.remove(IoRange.ports(0x60, 4));
        assertThat(info("device").ranges()).isEmpty();
    }

    @Test
    @DisplayName("a closed client gets no ranges, and no call after close has returned")
    void closedClientIsSilent() {
        AtomicInteger calls = new AtomicInteger();
        IoClient client = requests.inline("device", access -> calls.incrementAndGet());
        client.add(IoRange.ports(0x60, 1));
        requests.inlineDefault("bus", access -> 2);
        client.close();

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(2);
        assertThat(calls).hasValue(0);
        assertThat(Failing.errno(() -> client.add(IoRange.ports(0x61, 1)))).isEqualTo(Errno.EINVAL);
        client.close();
    }

    @Test
    @DisplayName("closing a client waits for its handler; what arrives meanwhile goes to the next client")
    void closeWaitsForHandler() throws InterruptedException {
        Gate gate = new Gate();
        IoClient client = requests.threaded("slow", access -> gate.pass(1));
        client.add(IoRange.ports(0x60, 1));
        requests.inlineDefault("bus", access -> 2);
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);
        Thread closing = new Thread(client::close, "closing");
        closing.start();
        Deadline.await("the client is gone", () -> requests.clients().size() == 1);

        assertThat(partition.in(1, 0x60, 1)).isEqualTo(2);
        assertThat(closing.isAlive()).isTrue();
        gate.open();
        closing.join();

        assertThat(partition.take(0)).isEqualTo(1);
    }

    @Test
    @DisplayName("a client that is closed from inside its own handler returns at once, and answers that request")
    void closeFromOwnHandlerReturns() {
        List<IoClient> self = new ArrayList<>();
        self.add(requests.inline("inline", access -> {
            self.get(0).close();
            return 0x21;
        }));
        self.add(requests.threaded("threaded", access -> {
            self.get(1).close();
            return 0x22;
        }));
        self.get(0).add(IoRange.ports(0x60, 1));
        self.get(1).add(IoRange.ports(0x70, 1));

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(0x21);
        assertThat(partition.in(0, 0x70, 1)).isEqualTo(0x22);
        assertThat(requests.clients()).isEmpty();
    }

    @Test
    @DisplayName("a handler may add and remove ranges and clients")
    void handlerMayChangeClients() {
        IoClient other = requests.inline("other", access -> 5);
        requests.inline("device", access -> {
            other.add(IoRange.ports(0x70, 1));
            requests.threaded("new", later -> 6).add(IoRange.ports(0x71, 1));
            return 4;
        }).add(IoRange.ports(0x60, 1));

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(4);
        assertThat(partition.in(0, 0x70, 1)).isEqualTo(5);
        assertThat(partition.in(0, 0x71, 1)).isEqualTo(6);
    }

    @Test
    @DisplayName("a threaded client runs on a thread of its own, named after VM and client")
    void threadedClientHasItsThread() {
        List<String> names = new CopyOnWriteArrayList<>();
        requests.threaded("a name of more than fifteen", access -> {
            names.add(Thread.currentThread().getName());
            return 0;
        }).add(IoRange.ports(0x60, 1));

        partition.in(0, 0x60, 1);

        assertThat(names).containsExactly("VM" + vm.vmid() + "-a name of more ");
    }

    @Test
    @DisplayName("a read gets the low bytes of the answer; a write is seen with its low bytes and leaves the slot alone")
    void valuesAreCutToSize() {
        List<Long> seen = new CopyOnWriteArrayList<>();
        requests.inlineDefault("bus", access -> {
            seen.add(access.value());
            return 0x1122_3344_5566_7788L;
        });

        assertThat(partition.in(0, 0x60, 1)).isEqualTo(0x88);
        assertThat(partition.in(0, 0x60, 2)).isEqualTo(0x7788);
        assertThat(partition.in(0, 0x60, 4)).isEqualTo(0x5566_7788L);
        assertThat(partition.access(0, IoRequestPage.MMIO, true, 0x60, 2, 0xABCD_1234L)).isEqualTo(0xABCD_1234L);
        assertThat(seen).containsExactly(0L, 0L, 0L, 0x1234L);
    }

    @Test
    @DisplayName("a slot with an impossible size or type is answered with all ones and troubles no client")
    void malformedRequestGetsAllOnes() {
        AtomicInteger calls = new AtomicInteger();
        requests.inlineDefault("bus", access -> calls.incrementAndGet());

        assertThat(partition.access(0, IoRequestPage.PORTIO, false, 0x60, 3, 0)).isEqualTo(ALL_ONES);
        assertThat(partition.access(0, IoRequestPage.PORTIO, false, 0x60, 0, 0)).isEqualTo(ALL_ONES);
        assertThat(partition.access(0, IoRequestPage.MMIO, false, 0x60, 4096, 0)).isEqualTo(-1);
        assertThat(partition.access(0, 77, false, 0x60, 4, 0)).isEqualTo(ALL_ONES);
        assertThat(partition.access(0, IoRequestPage.MMIO, true, 0x60, -4, 3)).isEqualTo(3);
        assertThat(calls).hasValue(0);
    }

    @Test
    @DisplayName("an access that wraps around the end of the address space is in no range")
    void wrappingAccessIsInNoRange() {
        requests.inline("all", access -> 1).add(new IoRange(org.cupule.types.AddressSpace.MMIO, 0, -1));
        requests.inlineDefault("bus", access -> 2);

        assertThat(partition.access(0, IoRequestPage.MMIO, false, -8, 8, 0)).isEqualTo(1);
        assertThat(partition.access(0, IoRequestPage.MMIO, false, -4, 8, 0)).isEqualTo(2);
    }

    @Test
    @DisplayName("the counters count each request once")
    void countersCount() {
        requests.inline("device", access -> 0).add(IoRange.ports(0x60, 1));
        requests.inlineDefault("bus", access -> 0);

        for (int i = 0; i < 5; i++) {
            partition.in(i % VCPUS, 0x60, 1);
            partition.in(i % VCPUS, 0x99, 1);
        }

        assertThat(requests.counters()).isEqualTo(new IoRequests.Counters(10, 10, 0, 0, 5));
        assertThat(info("device").requests()).isEqualTo(5);
        assertThat(info("bus").requests()).isEqualTo(5);
    }

    @Test
    @DisplayName("a request that is posted over one in flight counts the older as lost; its answer is refused")
    void overwrittenRequestIsLost() {
        Gate gate = new Gate();
        IoClient worker = requests.threaded("worker", access -> gate.pass(1));
        worker.add(IoRange.ports(0x60, 1));
        requests.inlineDefault("bus", access -> 2);
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);
        page.state(0, IoRequestPage.FREE); // a defect of the hypervisor

        assertThat(partition.in(0, 0x99, 1)).isEqualTo(2);

        gate.open();
        worker.close();
        assertThat(requests.counters().lost()).isEqualTo(1);
        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("an answer for a slot that somebody else has freed is not written, and counted as lost")
    void freedRequestIsLost() {
        requests.inlineDefault("bus", access -> {
            page.state(access.vcpu(), IoRequestPage.FREE);
            return 2;
        });
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0x55);
        Deadline.await("the loss was counted", () -> requests.counters().lost() == 1);

        assertThat(page.state(0)).isEqualTo(IoRequestPage.FREE);
        assertThat(page.value(0)).isEqualTo(0x55);
    }

    @Test
    @DisplayName("the trace keeps the last requests, oldest first, when it is on")
    void traceKeepsTheLast() {
        requests.inline("device", access -> 0xAB).add(IoRange.ports(0x60, 1));
        partition.in(0, 0x60, 1);
        assertThat(requests.trace()).isEmpty();

        requests.trace(3);
        partition.in(1, 0x60, 1);
        partition.out(2, 0x60, 1, 0x17);
        partition.out(2, 0xCF8, 4, 0x8000_0000L);
        partition.in(3, 0x60, 1);

        assertThat(requests.trace()).extracting(IoTrace::number).containsExactly(3L, 4L, 5L);
        assertThat(requests.trace().getFirst()).usingRecursiveComparison().ignoringFields("nanos")
                .isEqualTo(new IoTrace(3, 0, 2, IoRequestPage.PORTIO, true, 0x60, 1, 0x17, "device"));
        assertThat(requests.trace().get(1).client()).isEqualTo("hsm");
        assertThat(requests.trace().get(2).value()).isEqualTo(0xAB);
        requests.trace(0);
        assertThat(requests.trace()).isEmpty();
        assertThat(Failing.errno(() -> requests.trace(65537))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> requests.trace(-1))).isEqualTo(Errno.EINVAL);
    }

    @Test
    @DisplayName("clients are listed newest first, the default one last, with form and ranges")
    void clientsAreListed() {
        requests.inlineDefault("bus", access -> 0);
        IoClient older = requests.inline("older", access -> 0);
        requests.threaded("newer", access -> 0);
        older.add(IoRange.ports(0x60, 1));
        older.add(IoRange.ports(0x64, 1));

        assertThat(requests.clients()).extracting(client -> client.name() + ": " + client.form()).containsExactly(
                "newer: threaded", "older: inline", "bus: default inline");
        assertThat(info("older").ranges()).containsExactly(IoRange.ports(0x64, 1), IoRange.ports(0x60, 1));
    }

    @Test
    @DisplayName("a client needs a name; the default client takes no ranges")
    void badClientsAreEinval() {
        assertThat(Failing.errno(() -> requests.inline(" ", access -> 0))).isEqualTo(Errno.EINVAL);
        IoClient bus = requests.inlineDefault("bus", access -> 0);
        assertThat(Failing.errno(() -> bus.add(IoRange.ports(0x60, 1)))).isEqualTo(Errno.EINVAL);
    }
}
