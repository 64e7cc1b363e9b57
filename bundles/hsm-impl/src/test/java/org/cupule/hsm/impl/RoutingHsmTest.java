package org.cupule.hsm.impl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.cupule.hsm.VirtualMachine;
import org.cupule.hsm.VmCreation;
import org.cupule.hypervisor.AbsentHypervisor;
import org.cupule.hypervisor.HypervisorInfo;
import org.cupule.hypervisor.HypervisorInfo.SlotProtocol;
import org.cupule.hypervisor.Partition;
import org.cupule.tck.hsm.FakeHypervisor;
import org.cupule.types.Behaviour;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Which hypervisor is chosen, and what is told of one that is not there. */
class RoutingHsmTest {
    private final RoutingHsm hsm = new RoutingHsm();

    private FakeHypervisor bound(String name, Map<String, Object> properties) {
        var hypervisor = new FakeHypervisor(name, SlotProtocol.RAW);
        hsm.bind(hypervisor, properties);
        return hypervisor;
    }

    private static VmCreation on(String hypervisor) {
        return new VmCreation("vm", hypervisor, 1, 0, Behaviour.X86, false, false, Map.of());
    }

    private static AbsentHypervisor absent(String name, String reason) {
        return new AbsentHypervisor() {
            @Override
            public String name() {
                return name;
            }

            @Override
            public String reason() {
                return reason;
            }
        };
    }

    @Test
    @DisplayName("the highest ranking is the default one, among equals the first that came")
    void rankingOrdersHypervisors() {
        bound("first", Map.of());
        bound("second", Map.of());
        bound("best", Map.of("service.ranking", 5));
        bound("worst", Map.of("service.ranking", -5));

        assertThat(hsm.hypervisors()).extracting(HypervisorInfo::name).containsExactly("best", "first", "second",
                "worst");
        assertThat(hsm.create(on("")).hypervisor().name()).isEqualTo("best");
    }

    @Test
    @DisplayName("one that is not there is ENODEV, with those that are, and with the reason that its bundle gives")
    void absentHypervisorsAreTold() {
        bound("fake", Map.of());
        AbsentHypervisor real = absent("real", "there is no device file");
        hsm.bindAbsent(real);

        assertThat(hsm.absentHypervisors()).containsExactly(Map.entry("real", "there is no device file"));
        assertThatThrownBy(() -> hsm.create(on("real"))).isInstanceOfSatisfying(HsmException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.ENODEV)).hasMessageContaining("'real'")
                .hasMessageContaining(": there is no device file").hasMessageContaining("[fake]");
        hsm.unbindAbsent(real);
        assertThat(hsm.absentHypervisors()).isEmpty();
        assertThatThrownBy(() -> hsm.create(on("real"))).hasMessageContaining("'real'; there are [fake]");
    }

    @Test
    @DisplayName("one that goes away is chosen no more, and the others stay")
    void goneHypervisorIsForgotten() {
        FakeHypervisor gone = bound("gone", Map.of());
        bound("stays", Map.of());

        hsm.unbind(gone);

        assertThat(hsm.hypervisors()).extracting(HypervisorInfo::name).containsExactly("stays");
        assertThat(hsm.create(on("")).hypervisor().name()).isEqualTo("stays");
    }

    @Test
    @DisplayName("what only the hypervisor knows of a VM is asked of it")
    void hypervisorIsAsked() {
        var partition = bound("fake", Map.of());
        VirtualMachine vm = hsm.create(on(""));
        Thread stuck = new Thread("stuck");
        vm.leaveBehind(stuck);

        assertThat(vm.describe()).isEqualTo(partition.partition().describe()).isNotEmpty();
        assertThat(vm.activity(0)).isEqualTo("no guest");
        assertThat(vm.clock()).isSameAs(partition.partition().clock());
        assertThat(partition.partition().leftBehind()).containsExactly(stuck);
        assertThatThrownBy(() -> vm.registers(0)).isInstanceOf(HsmException.class);
    }

    @Test
    @DisplayName("without any it is said what to do")
    void withoutHypervisorsItIsSaidWhatToDo() {
        assertThatThrownBy(() -> hsm.create(on(""))).hasMessageContaining("install a bundle");
        assertThatThrownBy(() -> hsm.create(on("fake"))).hasMessageContaining("no hypervisor 'fake'");
    }

    @Test
    @DisplayName("the end of the HSM ends all VMs, whether one of them is refused or not")
    void endEndsVms() {
        FakeHypervisor fake = bound("fake", Map.of());
        hsm.create(on(""));
        hsm.create(on(""));
        fake.partitions().getFirst().fail(new HsmException(Errno.ETIMEDOUT, "destroy", "as the test wants"));

        hsm.deactivate();

        assertThat(fake.partitions()).extracting(Partition::state).contains(Partition.State.POWERED_OFF);
        assertThatThrownBy(() -> hsm.create(on(""))).isInstanceOfSatisfying(HsmException.class,
                refused -> assertThat(refused.errno()).isEqualTo(Errno.ENODEV));
        fake.partitions().getFirst().fail(null);
        hsm.deactivate();
        assertThat(hsm.machines()).isEmpty();
    }
}
