package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.ioreq.ClientInfo;
import org.cupule.hsm.ioreq.IoHandler;
import org.cupule.hsm.ioreq.IoRequestClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** Clients of I/O requests that attach themselves to the VMs they want. */
public abstract class WhiteboardContract extends HsmFixture {
    private static final int PORT = 0x510;
    private static final Map<String, Object> EVERYWHERE = Map.of(IoRequestClient.RANGES, "ports 0x510-0x517");

    /** Only a contract. */
    protected WhiteboardContract() {
    }

    /** A service came. */
    protected abstract void register(IoRequestClient service, Map<String, Object> properties);

    /** Its properties changed. */
    protected abstract void modify(IoRequestClient service, Map<String, Object> properties);

    /** It goes. */
    protected abstract void unregister(IoRequestClient service);

    /** Answers reads with a number; notes VMs that it is attached to. */
    private static final class Service implements IoRequestClient {
        private final long answer;
        private final List<Integer> attached = new CopyOnWriteArrayList<>();
        private final AtomicLong served = new AtomicLong();
        private volatile boolean over;

        Service(long answer) {
            this.answer = answer;
        }

        @Override
        public IoHandler attach(int vmid, String name) {
            attached.add(vmid);
            return access -> {
                if (over) {
                    throw new IllegalStateException("called after it was unregistered");
                }
                served.incrementAndGet();
                return answer;
            };
        }

        @Override
        public void detach(int vmid) {
            attached.remove(Integer.valueOf(vmid));
        }
    }

    private final Service service = new Service(0x11);

    @BeforeEach
    void defaultClient() {
        vm.ioRequests().inlineDefault("default", access -> 0x99);
        vm.start();
    }

    private List<String> clients(VirtualMachine machine) {
        return machine.ioRequests().clients().stream().map(ClientInfo::name).toList();
    }

    @Test
    void aServiceIsAttachedToTheVmsThatAreThere() {
        register(service, EVERYWHERE);

        assertThat(service.attached).containsExactly(vm.vmid());
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);
        assertThat(partition.in(0, PORT + 8, 1)).isEqualTo(0x99);
        assertThat(clients(vm)).contains("Service");
    }

    @Test
    void aServiceIsAttachedToAVmThatComesLater() {
        register(service, EVERYWHERE);

        VirtualMachine later = hsm.create(creation());

        assertThat(service.attached).containsExactly(vm.vmid(), later.vmid());
        assertThat(clients(later)).containsExactly("Service");
        later.close();
        assertThat(service.attached).containsExactly(vm.vmid());
    }

    @Test
    void onlyVmsWhoseNameMatchesAreServed() {
        register(service, Map.of(IoRequestClient.VM, new String[]{"lab-*", "te*t"}, IoRequestClient.RANGES,
                "ports 0x510-0x517"));
        Service other = new Service(0x22);
        register(other, Map.of(IoRequestClient.VM, "te", IoRequestClient.RANGES, "ports 0x510-0x517"));

        assertThat(service.attached).containsExactly(vm.vmid());
        assertThat(other.attached).isEmpty();
    }

    @Test
    void aServiceThatGoesLeavesItsRequestsToTheNextClient() {
        register(service, EVERYWHERE);
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);

        unregister(service);
        service.over = true;

        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x99);
        assertThat(service.attached).isEmpty();
        assertThat(clients(vm)).containsExactly("default");
    }

    @Test
    void changedRangesHoldAtOnceInTheClientThatStays() {
        register(service, EVERYWHERE);

        modify(service, Map.of(IoRequestClient.RANGES, List.of("ports 0x510", "ports 0x600-0x60f",
                "memory 0xd0000000-0xd0000fff")));

        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);
        assertThat(partition.in(0, PORT + 1, 1)).isEqualTo(0x99);
        assertThat(partition.in(0, 0x600, 1)).isEqualTo(0x11);
        assertThat(partition.access(0, 1, false, 0xD000_0FF8L, 8, 0)).isEqualTo(0x11);
        assertThat(service.attached).containsExactly(vm.vmid());
    }

    @Test
    void changedNamesAttachAndDetach() {
        register(service, Map.of(IoRequestClient.VM, "other", IoRequestClient.RANGES, "ports 0x510"));
        assertThat(service.attached).isEmpty();

        modify(service, EVERYWHERE);
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);

        modify(service, Map.of(IoRequestClient.VM, "other", IoRequestClient.RANGES, "ports 0x510"));
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x99);
        assertThat(service.attached).isEmpty();
    }

    @Test
    void aServiceWithAThreadIsServedByIt() {
        register(service, Map.of(IoRequestClient.NAME, "robot", IoRequestClient.THREADED, true, IoRequestClient.RANGES,
                "ports 0x510"));

        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);
        assertThat(vm.ioRequests().clients()).extracting(ClientInfo::name, ClientInfo::form)
                .contains(org.assertj.core.groups.Tuple.tuple("robot", "threaded"));
    }

    @Test
    void rangesThatCannotBeReadAttachNothingAndASecondTryDoes() {
        register(service, Map.of(IoRequestClient.RANGES, "ports 0x517-0x510"));
        assertThat(service.attached).isEmpty();

        modify(service, EVERYWHERE);
        assertThat(service.attached).containsExactly(vm.vmid());

        modify(service, Map.of(IoRequestClient.RANGES, "all of it"));
        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);
    }

    @Test
    void aServiceThatThrowsLeavesTheVmAndTheOthersAlone() {
        register((vmid, name) -> {
            throw new IllegalStateException("no");
        }, EVERYWHERE);
        register(service, EVERYWHERE);

        assertThat(partition.in(0, PORT, 1)).isEqualTo(0x11);
    }

    @RepeatedTest(5)
    void servicesComeAndGoUnderLoadAndNoRequestIsLost() throws InterruptedException {
        int requests = 4000;
        AtomicLong strange = new AtomicLong();
        Thread guest = Thread.ofPlatform().start(() -> {
            for (int i = 0; i < requests; i++) {
                long value = partition.in(0, PORT, 1);
                if (value != 0x99 && value != 0x11) {
                    strange.incrementAndGet();
                }
            }
        });
        while (guest.isAlive()) {
            Service coming = new Service(0x11);
            register(coming, EVERYWHERE);
            Thread.yield();
            unregister(coming);
            coming.over = true;
        }
        guest.join();

        assertThat(strange).hasValue(0);
        assertThat(vm.ioRequests().counters().completed()).isEqualTo(requests);
        assertThat(vm.ioRequests().counters().lost()).isZero();
        assertThat(clients(vm)).containsExactly("default");
    }
}
