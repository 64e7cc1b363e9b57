package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.cupule.hsm.HypervisorServiceModule;
import org.cupule.hsm.servicevm.ServiceVm;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.Partition;
import org.cupule.hypervisor.PartitionCreation;
import org.cupule.hypervisor.ServiceCpu;
import org.cupule.hypervisor.ServiceCpus;
import org.cupule.hypervisor.Upcall;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Taking processors away from the host side ({@code hsm.md} 13). The hypervisor's own processors are used through a
 * journal, which can let calls fail.
 */
public abstract class ServiceVmContract {
    private final List<String> journal = new CopyOnWriteArrayList<>();
    private @Nullable HsmException offlineFailure;
    private @Nullable HsmException hypervisorFailure;
    private final Hypervisor below = hypervisor();
    private final ServiceVm service = hsm(new Watched()).serviceVm("");

    /** Only a contract. */
    protected ServiceVmContract() {
    }

    /** {@return a hypervisor whose host has processors 0 to 7 at least, all on line} */
    protected abstract Hypervisor hypervisor();

    /** {@return an HSM on this hypervisor} */
    protected abstract HypervisorServiceModule hsm(Hypervisor hypervisor);

    /** The hypervisor under test, seen through the journal. */
    private final class Watched implements Hypervisor {
        @Override
        public HypervisorInfo info() {
            return below.info();
        }

        @Override
        public Partition create(PartitionCreation creation, Upcall upcall) {
            return below.create(creation, upcall);
        }

        @Override
        public ServiceCpus serviceCpus() {
            return new WatchedCpus();
        }
    }

    private final class WatchedCpus implements ServiceCpus {
        @Override
        public List<ServiceCpu> cpus() {
            return below.serviceCpus().cpus();
        }

        @Override
        public void offline(int cpu) {
            journal.add("offline " + cpu);
            fail(offlineFailure);
            below.serviceCpus().offline(cpu);
        }

        @Override
        public void online(int cpu) {
            journal.add("online " + cpu);
            below.serviceCpus().online(cpu);
        }

        @Override
        public void offlineVcpu(int apicId) {
            journal.add("vcpu " + apicId);
            fail(hypervisorFailure);
            below.serviceCpus().offlineVcpu(apicId);
        }
    }

    private static void fail(@Nullable HsmException with) {
        if (with != null) {
            throw with;
        }
    }

    private ServiceCpu cpu(int number) {
        return service.cpus().stream().filter(each -> each.number() == number).findFirst().orElseThrow();
    }

    @ParameterizedTest(name = "HSM-CPU-01 \"{0}\" is EINVAL, and nobody is asked")
    @ValueSource(strings = {"0", "0x0", "00", "abc", "", " ", "3 ", " 3", "-1", "1 2", "08", "0x", "0xG", "1.0",
            "3\n\n",
            "64", "0x7fffffff", "4294967295", "4294967299", "18446744073709551619",
            "99999999999999999999999999999999999999"})
    @DisplayName("HSM-CPU-01 \"0\", \"abc\" and huge numbers are EINVAL")
    void whatIsNoProcessorIsRefused(String value) {
        assertThat(Failing.errno(() -> service.removeCpu(value))).isEqualTo(Errno.EINVAL);
        assertThat(journal).isEmpty();
    }

    @ParameterizedTest(name = "HSM-CPU-02 \"{0}\" is processor 3")
    @ValueSource(strings = {"3", "3\n", "0x3", "0X3", "03", "+3", "0x00000000000000000003", "00000000000000003\n"})
    @DisplayName("HSM-CPU-02 any base of C names a processor; the length comes back")
    void anyBaseOfCIsRead(String value) {
        int apicId = cpu(3).apicId();

        assertThat(service.removeCpu(value)).isEqualTo(value.length());
        assertThat(journal).containsExactly("offline 3", "vcpu " + apicId);
    }

    @Test
    @DisplayName("HSM-CPU-02 success: the processor is off line, the hypervisor's vCPU gone, the length comes back")
    void aProcessorIsTakenAway() {
        assertThat(service.removeCpu("5\n")).isEqualTo(2);

        assertThat(cpu(5).online()).isFalse();
        assertThat(Failing.errno(() -> below.serviceCpus().online(5))).isEqualTo(Errno.EPERM);
    }

    @Test
    void aProcessorThatIsOffLineIsTakenAwayWithoutAskingTheHost() {
        below.serviceCpus().offline(6);

        service.removeCpu("6");

        assertThat(journal).containsExactly("vcpu " + cpu(6).apicId());
    }

    @Test
    void theResultOfGoingOffLineDoesNotCount() {
        offlineFailure = new HsmException(Errno.EBUSY, "offline", "in use");

        assertThat(service.removeCpu("4")).isEqualTo(1);

        assertThat(journal).containsExactly("offline 4", "vcpu " + cpu(4).apicId());
    }

    @Test
    @DisplayName("HSM-CPU-03 the hypervisor fails: the processor is on line again, and its error comes back")
    void aFailureIsRolledBack() {
        hypervisorFailure = new HsmException(Errno.EPERM, "offline vCPU", "no");

        assertThat(Failing.errno(() -> service.removeCpu("2"))).isEqualTo(Errno.EPERM);

        assertThat(cpu(2).online()).isTrue();
        assertThat(journal).containsExactly("offline 2", "vcpu " + cpu(2).apicId(), "online 2");
    }

    @Test
    @DisplayName("HSM-CPU-03 it is brought on line even if it was off line before")
    void rollBackBringsOnLineWhateverWas() {
        below.serviceCpus().offline(2);
        hypervisorFailure = new HsmException(Errno.ETIMEDOUT, "offline vCPU", "no");

        assertThat(Failing.errno(() -> service.removeCpu("2"))).isEqualTo(Errno.ETIMEDOUT);

        assertThat(cpu(2).online()).isTrue();
    }
}
