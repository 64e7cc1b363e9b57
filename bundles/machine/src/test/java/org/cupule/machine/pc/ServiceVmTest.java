package org.cupule.machine.pc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.cupule.dev.pit.Pit8254Factory;
import org.cupule.hsm.impl.RoutingHsm;
import org.cupule.hv.sim.SimHypervisors;
import org.cupule.machine.Machine;
import org.cupule.machine.MachineDescription;
import org.cupule.machine.MachineDescription.Image;
import org.cupule.types.Behaviour;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A guest of ours as ACRN's Service VM: it makes User VMs by hypercalls and answers their requests. It checks by itself
 * what it gets; its exit status is the verdict.
 */
@Timeout(300)
class ServiceVmTest {
    private static final Path GUEST = Path.of("../../guests/servicevm/bin/servicevm.bin");
    private static final int ALL_RIGHT = 0x20 << 1 | 1;
    private static final int NOT_PERMITTED = 1 << 1 | 1;
    private static final int NO_DEVICE = 19 << 1 | 1;

    private final RoutingHsm hsm = new RoutingHsm();
    private final PcMachines machines;
    /** Of tests before this one, which perhaps are about to end. */
    private final Set<Thread> others = vcpus();
    private final ByteArrayOutputStream console = new ByteArrayOutputStream();

    ServiceVmTest() {
        hsm.bind(SimHypervisors.withHardware(5000), Map.of());
        machines = MachinesForTests.of(hsm);
        machines.bindDeviceFactory(new Pit8254Factory(), Map.of());
    }

    private static Set<Thread> vcpus() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().matches("vm\\d+-vcpus?\\d*")).collect(Collectors.toSet());
    }

    @AfterEach
    void closeAll() {
        machines.machines().forEach(Machine::close);
        assertThat(hsm.machines()).isEmpty();
        assertThat(vcpus()).isSubsetOf(others);
    }

    private Machine.Outcome run(Behaviour behaviour, boolean deterministic, boolean serviceVm, String append)
            throws Exception {
        var base = machines.standard("service");
        var machine = machines.create(new MachineDescription(base.name(), "", base.memoryBytes(), 1,
                Optional.of(new Image(Optional.of(GUEST), "", "auto", 0, append, List.of())), base.devices(), Map.of(),
                behaviour, deterministic, false, serviceVm));
        machine.console().attach(console::write);
        machine.start();
        return machine.outcome().toCompletableFuture().get(240, TimeUnit.SECONDS);
    }

    private String said() {
        return console.toString(StandardCharsets.ISO_8859_1);
    }

    @ParameterizedTest
    @CsvSource({"X86, false, ''", "ACRN, false, ''", "X86, false, polling=1", "ACRN, true, ''"})
    @DisplayName("HSM-UPC-01 HSM-UPC-02 HSM-UPC-03 HSM-CPUID-01 HSM-HC-01 HSM-HC-04: a Service VM makes, serves and ends User VMs")
    void makesAndServesUserVms(Behaviour behaviour, boolean deterministic, String options) throws Exception {
        var outcome = run(behaviour, deterministic, true, options);
        assertThat(said()).contains("servicevm vm 1 requests 513").contains("counted 256").doesNotContain("WRONG");
        assertThat(outcome.status()).as(said()).isEqualTo(ALL_RIGHT);
    }

    @Test
    @DisplayName("HSM-CPUID-02 without the privileged bit the manager refuses to load, EPERM")
    void aUserVmIsNoServiceVm() throws Exception {
        assertThat(run(Behaviour.ACRN, false, false, "").status()).as(said()).isEqualTo(NOT_PERMITTED);
    }

    @Test
    @DisplayName("HSM-CPUID-03 with another signature the manager refuses to load, ENODEV")
    void anotherHypervisorIsNotTheOne() throws Exception {
        assertThat(run(Behaviour.ACRN, false, true, "signature=1").status()).as(said()).isEqualTo(NO_DEVICE);
    }
}
