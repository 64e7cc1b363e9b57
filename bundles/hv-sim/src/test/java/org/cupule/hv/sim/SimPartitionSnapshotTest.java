package org.cupule.hv.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.cupule.hypervisor.Hypervisor;
import org.cupule.hypervisor.Partition;
import org.cupule.state.ModelState;
import org.cupule.state.SavedModel;
import org.cupule.tck.hypervisor.MachineCode;
import org.cupule.tck.hypervisor.PartitionSnapshotContract;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class SimPartitionSnapshotTest extends PartitionSnapshotContract {
    private final SimHypervisor hypervisor = RealHardware.hypervisor();

    @Override
    protected Hypervisor hypervisor() {
        return hypervisor;
    }

    private Map<String, ModelState> saved() {
        Partition vm = start(partition(1), MachineCode.of("f4  hlt"));
        vm.pause();
        return vm.save();
    }

    @Test
    void hardwareIsSavedWithItsModelInEveryVersionThatItWrites() {
        SavedModel lapic = SavedModel.of(saved().get("lapic0"));

        assertThat(lapic.model()).startsWith("xapic@");
        assertThat(lapic.states()).extracting(ModelState::version).containsExactly(1);
    }

    @Test
    void theEptIsNotSaved() {
        assertThat(saved()).containsOnlyKeys("partition", "vcpu0", "cpu0", "lapic0", "ioapic", "pic");
    }

    @Test
    void namesTheStateThatNoModelReadsAndTheModelsThatThereAre() {
        var saved = new TreeMap<>(saved());
        saved.put("lapic0", new SavedModel("vendor-apic@9.0.0", List.of(ModelState.of("com.vendor.lapic", 3).build()))
                .toState());
        Partition vm = partition(1);

        assertThatThrownBy(() -> vm.restore(saved)).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(Errno.ENODEV))
                .hasMessageContainingAll("vendor-apic@9.0.0", "com.vendor.lapic", "[3]", "lapic0", "xapic");
    }

    @Test
    void delayOfInterruptsIsKept() {
        Partition vm = start(partition(1), MachineCode.of("f4  hlt"));
        vm.pause();
        ((SimPartition) vm).irqs.delayMillis(7);
        Map<String, ModelState> saved = vm.save();
        Partition next = partition(1);

        next.restore(saved);

        assertThat(next.describe()).anyMatch(line -> line.contains("delay 7 ms"));
    }

    @Test
    void vcpuThatWaitsForARequestThatIsNotThereIsRefused() {
        var saved = new TreeMap<>(saved());
        ModelState vcpu = saved.get("vcpu0");
        var forged = ModelState.of(vcpu.kind(), vcpu.version()).put("activity", Activity.IN_REQUEST)
                .put("exclusive", -1).put("adjustment", 0).put("signals", 0).put("words", new long[8])
                .put("startVector", 0).put("nmi", 0).put("extInt", 0).put("requests", 0).put("forCpu", 1).build();
        saved.put("vcpu0", forged);
        Partition vm = partition(1);

        assertThatThrownBy(() -> vm.restore(saved)).isInstanceOfSatisfying(HsmException.class,
                failure -> assertThat(failure.errno()).isEqualTo(Errno.EINVAL)).hasMessageContaining("vcpu0");
    }
}
