package org.cupule.hsm.impl.ioreq;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.impl.life.Life;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.PartitionEvent;
import org.cupule.hypervisor.Upcall;
import org.cupule.state.ModelState;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.tck.hsm.FakePartition;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What reset, snapshot and end of a VM do to its requests, step by step. */
class RoutedIoRequestsTest implements Upcall {
    private static final int PORT = 0x60;
    private static final long DEADLINE_SECONDS = 60;

    private final FakePartition partition = new FakeHypervisor().create(
            new PartitionCreation("", 1, 0, Behaviour.X86, false, false, Map.of()), this);
    private final RoutedIoRequests requests = requests();
    private final CountDownLatch inside = new CountDownLatch(1);
    private final CountDownLatch gate = new CountDownLatch(1);
    private IoClient stuckClient;

    private RoutedIoRequests requests() {
        var page = Arena.ofAuto().allocate(4096, 4096);
        partition.setIoRequestPage(page);
        partition.start();
        return new RoutedIoRequests(new Life("test"), partition, new IoRequestPage(page), SlotProtocol.RAW,
                Behaviour.X86, false);
    }

    @Override
    public void request(int vcpu) {
        requests.request(vcpu);
    }

    @Override
    public void event(PartitionEvent event) {
        // Nothing that this test is about.
    }

    @AfterEach
    void end() {
        gate.countDown();
        requests.shutDown();
    }

    private void post() {
        partition.post(0, IoRequestPage.PORTIO, false, PORT, 1, 0);
    }

    private long held(long value) {
        inside.countDown();
        try {
            assertThat(gate.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
            return value;
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    /** A vCPU's thread is inside a handler that is called inline. */
    private Thread stuck() throws Exception {
        stuckClient = requests.inline("stuck", access -> held(0x11));
        stuckClient.add(IoRange.ports(PORT, 1));
        Thread vcpu = Thread.ofPlatform().daemon().start(this::post);
        assertThat(inside.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();
        return vcpu;
    }

    private void interrupted(Runnable action) {
        Thread.currentThread().interrupt();
        try {
            action.run();
        } finally {
            assertThat(Thread.interrupted()).as("it stays interrupted").isTrue();
        }
    }

    @Test
    @DisplayName("a VM is reset as often as one likes, and answers afterwards")
    void resetsFollowEachOther() {
        requests.inlineDefault("bus", access -> 0x22);
        List<String> resets = new ArrayList<>();

        requests.reset(() -> resets.add("first"));
        requests.reset(() -> resets.add("second"));

        assertThat(resets).containsExactly("first", "second");
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x22);
    }

    @Test
    @DisplayName("a reset inside a reset is EBUSY")
    void resetsDoNotNest() {
        requests.reset(() -> assertThatThrownBy(() -> requests.reset(() -> {
        })).isInstanceOfSatisfying(HsmException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.EBUSY)));
    }

    @Test
    @DisplayName("nothing is dispatched while the hypervisor resets; afterwards what was posted is")
    void resetHoldsRequests() {
        List<Integer> served = new ArrayList<>();
        requests.inlineDefault("bus", access -> {
            served.add(access.vcpu());
            return 0x33;
        });

        requests.reset(() -> {
            post();
            assertThat(served).isEmpty();
        });

        assertThat(partition.take(0)).isEqualTo(0x33);
    }

    @Test
    @DisplayName("a request that comes while the VM is saved is served afterwards")
    void requestWaitsForTheEndOfASnapshot() {
        requests.inlineDefault("bus", access -> 0x44);

        requests.whileStill(this::post);

        assertThat(partition.take(0)).isEqualTo(0x44);
    }

    @Test
    @DisplayName("an interrupt ends the waiting for a handler: ETIMEDOUT, and the request is answered by it later")
    void interruptEndsTheWaitOfASnapshot() throws Exception {
        Thread vcpu = stuck();

        interrupted(() -> assertThatThrownBy(() -> requests.whileStill(() -> {
            throw new AssertionError("it is not still");
        })).isInstanceOfSatisfying(HsmException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.ETIMEDOUT)).hasMessageContaining("'stuck'"));

        gate.countDown();
        vcpu.join();
        assertThat(partition.take(0)).isEqualTo(0x11);
    }

    @Test
    @DisplayName("a request that was saved is dispatched when the VM goes on, and not before")
    void restoredRequestWaitsUntilTheVmGoesOn() {
        post(); // nobody takes it
        List<ModelState> saved = new ArrayList<>();
        requests.whileStill(() -> saved.add(requests.save()));
        List<Integer> served = new ArrayList<>();

        requests.restore(saved.getFirst());
        requests.inlineDefault("bus", access -> {
            served.add(access.vcpu());
            return 0x55;
        });
        partition.upcall(0);
        assertThat(served).isEmpty();
        requests.goOn();

        assertThat(partition.take(0)).isEqualTo(0x55);
    }

    @Test
    @DisplayName("the end of a VM ends its clients and says nothing when all is over")
    void endEndsAll() {
        requests.inlineDefault("bus", access -> 0);
        requests.threaded("thread", access -> 0).add(IoRange.ports(PORT, 1));

        assertThat(requests.shutDown()).isEmpty();
        assertThat(requests.clients()).isEmpty();
    }

    @Test
    @DisplayName("a handler that is still inside when the VM ends is told of, and its answer goes nowhere")
    void handlerThatIsInsideAtTheEndAnswersNobody() throws Exception {
        Thread vcpu = stuck();

        interrupted(() -> assertThat(requests.shutDown()).contains("has not ended"));

        gate.countDown();
        vcpu.join();
        assertThat(partition.page().state(0)).isEqualTo(IoRequestPage.PROCESSING);
        assertThat(requests.counters().completed()).isZero();
    }

    @Test
    @DisplayName("a thread of a client that is still inside when the VM ends is told of")
    void threadThatIsInsideAtTheEndIsTold() throws Exception {
        requests.threaded("stuck", access -> held(0x11)).add(IoRange.ports(PORT, 1));
        post();
        assertThat(inside.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();

        interrupted(() -> assertThat(requests.shutDown()).contains("has not ended"));
    }

    @Test
    @DisplayName("the end waits for a handler that returns")
    void endWaitsForHandlers() throws Exception {
        stuck();
        var left = CompletableFuture.supplyAsync(requests::shutDown);
        while (!requests.clients().isEmpty()) {
            Thread.onSpinWait();
        }
        assertThat(left).isNotDone();

        gate.countDown();

        assertThat(left.get(DEADLINE_SECONDS, TimeUnit.SECONDS)).isEmpty();
    }

    @Test
    @DisplayName("clear waits a while for the thread of a client, whose answer the guest gets")
    void clearWaitsForThreads() throws Exception {
        requests.threaded("slow", access -> held(0x66)).add(IoRange.ports(PORT, 1));
        post();
        assertThat(inside.await(DEADLINE_SECONDS, TimeUnit.SECONDS)).isTrue();

        interrupted(requests::clear); // which would be too long a while here

        gate.countDown();
        assertThat(partition.take(0)).isEqualTo(0x66);
    }

    @Test
    @DisplayName("an answer of an attached client is looked at for foreign writes before the guest hears of it")
    void attachedAnswerIsLookedAtBefore() {
        List<Integer> finishes = new ArrayList<>();
        requests.beforeAnswer(() -> finishes.add(partition.finishes(0)));
        requests.createDefault();
        post();

        requests.notifyFinished(0);

        assertThat(finishes).containsExactly(0);
        assertThat(partition.finishes(0)).isEqualTo(1);
    }

    @Test
    @DisplayName("a trace has 0 to 65536 entries, else EINVAL; each tells all of its request")
    void traceHasBounds() {
        assertThatThrownBy(() -> requests.trace(-1)).isInstanceOf(HsmException.class);
        assertThatThrownBy(() -> requests.trace(65537)).isInstanceOf(HsmException.class);
        requests.trace(65536);
        requests.trace(1);
        requests.inlineDefault("bus", access -> 0x1234);
        partition.in(0, PORT, 1);
        partition.out(0, PORT, 4, 0xABCD);

        assertThat(requests.trace()).singleElement().satisfies(last -> {
            assertThat(last.number()).isEqualTo(2);
            assertThat(last.write()).isTrue();
            assertThat(last.size()).isEqualTo(4);
            assertThat(last.vcpu()).isZero();
            assertThat(last.value()).isEqualTo(0xABCD);
        });
        requests.trace(0);
        assertThat(requests.trace()).isEmpty();
    }

    @Test
    @DisplayName("who settles waits for what a client has, and for nothing of other clients")
    void settlingWaitsForTheClient() throws Exception {
        IoClient idle = requests.inline("idle", access -> 0);
        Thread vcpu = stuck();
        IoClient busy = requests.oldest("busy", access -> 0);
        requests.settle(idle);
        requests.settle(busy);
        var settled = CompletableFuture.runAsync(() -> requests.settle(stuckClient));
        partition.awaitState(0, IoRequestPage.PROCESSING);
        assertThat(settled).isNotDone();

        gate.countDown();

        settled.get(DEADLINE_SECONDS, TimeUnit.SECONDS);
        vcpu.join();
        assertThat(partition.page().state(0)).isEqualTo(IoRequestPage.COMPLETE);
    }

    @Test
    @DisplayName("only clients that have a request are given up when the VM does not come to rest")
    void busyClientsAreGivenUp() throws Exception {
        Thread vcpu = stuck();
        requests.inline("idle", access -> 0).add(IoRange.ports(0x70, 1));

        requests.abandonBusy();

        assertThat(partition.take(0)).isEqualTo(0xFF);
        assertThat(requests.clients()).singleElement().satisfies(left -> assertThat(left.name()).isEqualTo("idle"));
        gate.countDown();
        vcpu.join();
    }

    /** {@return a client that has answered, so that a slot and its route cache know it; it alone has its handler} */
    private IoClient served(ReferenceQueue<Object> collected, List<Reference<?>> handlers, boolean threaded) {
        byte[] answer = {0x33};
        IoHandler handler = access -> answer[0];
        handlers.add(new PhantomReference<>(handler, collected));
        IoClient client = threaded ? requests.threaded("plug-in", handler) : requests.inline("plug-in", handler);
        client.add(IoRange.ports(PORT, 1));
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x33);
        return client;
    }

    /** Collects garbage until the handler is found to be some, or the deadline passes. */
    private static boolean isCollected(ReferenceQueue<Object> collected) throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(DEADLINE_SECONDS);
        Reference<?> found = null;
        while (found == null && System.nanoTime() < deadline) {
            System.gc();
            found = collected.remove(100);
        }
        return found != null;
    }

    @ParameterizedTest(name = "threaded: {0}")
    @ValueSource(booleans = {false, true})
    @DisplayName("a closed client's handler is held by nobody, also when its vCPU accesses nothing more")
    void closedClientsHandlerIsCollected(boolean threaded) throws Exception {
        var collected = new ReferenceQueue<>();
        var handlers = new ArrayList<Reference<?>>();
        IoClient client = served(collected, handlers, threaded);

        client.close();

        assertThat(isCollected(collected)).isTrue();
        Reference.reachabilityFence(client);
        Reference.reachabilityFence(handlers);
    }

    @Test
    @DisplayName("a handler that closes its own client is held by nobody once it has returned")
    void handlerThatClosesItsClientIsCollected() throws Exception {
        var collected = new ReferenceQueue<>();
        var handlers = new ArrayList<Reference<?>>();
        var client = new AtomicReference<IoClient>();
        client.set(closesItself(client, collected, handlers));

        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x44);

        assertThat(isCollected(collected)).isTrue();
        Reference.reachabilityFence(client);
        Reference.reachabilityFence(handlers);
    }

    private IoClient closesItself(AtomicReference<IoClient> itself, ReferenceQueue<Object> collected,
            List<Reference<?>> handlers) {
        IoHandler handler = access -> {
            itself.get().close();
            return 0x44;
        };
        handlers.add(new PhantomReference<>(handler, collected));
        IoClient client = requests.inline("plug-in", handler);
        client.add(IoRange.ports(PORT, 1));
        return client;
    }

    @Test
    @DisplayName("a VM that has ended holds no handlers, however long somebody holds the VM")
    void endedVmHoldsNoHandlers() throws Exception {
        var collected = new ReferenceQueue<>();
        var handlers = new ArrayList<Reference<?>>();
        served(collected, handlers, false);

        assertThat(requests.shutDown()).isEmpty();

        assertThat(isCollected(collected)).isTrue();
        Reference.reachabilityFence(requests);
        Reference.reachabilityFence(handlers);
    }
}
