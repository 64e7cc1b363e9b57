package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.cupule.abi.IoRequestPage;
import org.cupule.hsm.ioreq.IoClient;
import org.cupule.hsm.ioreq.IoRequests;
import org.cupule.types.IoRange;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What an upcall does at whatever time it comes ({@code hsm.md} 3.8, 7.11). */
public abstract class UpcallContract extends HsmFixture {
    private final IoRequests requests = vm.ioRequests();

    /** Only a contract. */
    protected UpcallContract() {
    }

    @BeforeEach
    void startVm() {
        vm.start();
    }

    @Test
    @DisplayName("HSM-UPC-01 an upcall for which nobody is there changes nothing")
    void upcallForNobody() {
        List<String> before = List.copyOf(partition.journal());

        partition.upcall(0);
        partition.upcall(VCPUS - 1);

        assertThat(partition.journal()).isEqualTo(before);
        assertThat(requests.counters().posted()).isZero();
        assertThat(requests.counters().lost()).isZero();
        assertThat(partition.page().state(0)).isEqualTo(IoRequestPage.FREE);
    }

    @Test
    @DisplayName("HSM-UPC-02 whoever comes later takes the place, and after the end an upcall is nothing")
    void laterOneTakesThePlace() {
        IoClient first = requests.inlineDefault("first", access -> 1);
        assertThat(partition.in(0, 0x60, 1)).isEqualTo(1);
        first.close();
        requests.inlineDefault("second", access -> 2);
        assertThat(partition.in(0, 0x60, 1)).isEqualTo(2);
        int told = partition.finishes(0);

        vm.close();
        partition.upcall(0);

        assertThat(partition.finishes(0)).isEqualTo(told);
    }

    @Test
    @DisplayName("HSM-UPC-03 a request that comes while a client is being removed is served when that is over")
    void requestDuringRemoval() throws InterruptedException {
        Gate gate = new Gate();
        requests.inlineDefault("bus", access -> 0x42);
        IoClient leaving = requests.threaded("leaving", access -> gate.pass(0x11));
        leaving.add(IoRange.ports(0x60, 1));
        partition.post(0, IoRequestPage.PORTIO, false, 0x60, 1, 0);
        gate.awaitInside(1);
        Thread removal = Thread.ofPlatform().start(leaving::close);
        Deadline.await("the client takes nothing any more",
                () -> requests.clients().stream().noneMatch(client -> client.name().equals("leaving")));

        partition.post(1, IoRequestPage.PORTIO, false, 0x60, 1, 0);

        assertThat(partition.take(1)).isEqualTo(0x42);
        gate.open();
        assertThat(partition.take(0)).isEqualTo(0x11);
        removal.join();
    }
}
