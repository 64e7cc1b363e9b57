package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What a handler that does not return can do to others: nothing. */
public abstract class StuckHandlerContract extends HsmFixture {
    private final IoRequests requests = vm.ioRequests();
    private final Gate gate = new Gate();
    private final List<Thread> stuck = new CopyOnWriteArrayList<>();
    private final IoHandler handler = access -> {
        stuck.add(Thread.currentThread());
        return gate.pass(0x55);
    };

    /** Only a contract. */
    protected StuckHandlerContract() {
    }

    @BeforeEach
    void startVm() {
        vm.start();
    }

    @AfterEach
    void letThemReturn() {
        gate.open();
        gate.awaitInside(0);
    }

    private IoClient inlineAt(int port) {
        IoClient client = requests.inline("stuck", handler);
        client.add(IoRange.ports(port, 4));
        return client;
    }

    /** A vCPU reads a port, on a thread of its own, which the handler keeps. */
    private void readAndHang(int vcpu, int port) {
        Thread.ofPlatform().daemon().name("vcpu" + vcpu)
                .start(() -> partition.post(vcpu, IoRequestPage.PORTIO, false, port, 2, 0));
        gate.awaitInside(1);
    }

    @Test
    @DisplayName("a read that a handler keeps is answered with all ones when its client is given up")
    void keptReadGetsAllOnes() {
        IoClient client = inlineAt(0x60);
        readAndHang(1, 0x60);

        client.abandon();

        assertThat(partition.take(1)).isEqualTo(0xFFFF);
        assertThat(partition.finishes(1)).isEqualTo(1);
        assertThat(partition.leftBehind()).containsExactlyElementsOf(stuck);
    }

    @Test
    @DisplayName("what comes back from it afterwards disturbs nobody and counts as nothing")
    void lateAnswerIsNoAnswer() {
        IoClient client = inlineAt(0x60);
        requests.inlineDefault("bus", access -> 0x77);
        readAndHang(1, 0x60);
        client.abandon();
        partition.take(1);

        gate.open();
        gate.awaitInside(0);

        assertThat(partition.in(1, 0x60, 1)).isEqualTo(0x77);
        assertThat(partition.finishes(1)).isEqualTo(2);
        assertThat(requests.counters().twice()).isZero();
        assertThat(requests.counters().lost()).isZero();
        assertThat(requests.counters().completed()).isEqualTo(requests.counters().posted());
    }

    @Test
    @DisplayName("other vCPUs are served while a handler hangs, after its client is given up, whoever dispatches")
    void othersAreServed() {
        IoClient client = inlineAt(0x60);
        requests.inline("other", access -> 0x66).add(IoRange.ports(0x70, 1));
        readAndHang(0, 0x60);
        client.abandon();

        assertThat(partition.in(1, 0x70, 1)).isEqualTo(0x66);
        assertThat(partition.take(0)).isEqualTo(0xFFFF);
        assertThat(partition.in(0, 0x70, 1)).isEqualTo(0x66);
    }

    @Test
    @DisplayName("a threaded client that is given up has all answered that it has, and calls its handler no more")
    void threadedClientIsGivenUp() {
        IoClient client = requests.threaded("stuck", handler);
        client.add(IoRange.ports(0x60, 4));
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);
        partition.post(1, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        partition.awaitState(1, IoRequestPage.PROCESSING);

        client.abandon();

        assertThat(partition.take(0)).isEqualTo(0xFF);
        assertThat(partition.take(1)).isEqualTo(0xFF);
        gate.open();
        gate.awaitInside(0);
        client.close();
        assertThat(stuck).hasSize(1);
    }

    @Test
    @DisplayName("the VM is destroyed while a handler of a client that was given up hangs")
    void vmIsDestroyed() {
        IoClient client = inlineAt(0x60);
        readAndHang(2, 0x60);
        client.abandon();

        vm.close();

        assertThat(hsm.machines()).isEmpty();
    }
}
