package org.cupule.abi;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** The numbers of commands and hypercalls. */
class NumbersTest {
    @ParameterizedTest(name = "HSM-DEV-04 {0} is 0x{1}")
    @DisplayName("HSM-DEV-04 each is its number")
    @CsvSource({"CREATE_VM,C030A210", "DESTROY_VM,0000A211", "START_VM,0000A212", "PAUSE_VM,0000A213",
            "RESET_VM,0000A215", "SET_VCPU_REGS,4128A216", "INJECT_MSI,4010A223", "VM_INTR_MONITOR,4008A224",
            "SET_IRQLINE,4008A225", "NOTIFY_REQUEST_FINISH,4008A231", "CREATE_IOREQ_CLIENT,0000A232",
            "ATTACH_IOREQ_CLIENT,0000A233", "DESTROY_IOREQ_CLIENT,0000A234", "CLEAR_VM_IOREQ,0000A235",
            "SET_MEMSEG,4020A241", "UNSET_MEMSEG,4020A242", "SET_PTDEV_INTR,4014A253", "RESET_PTDEV_INTR,4014A254",
            "ASSIGN_PCIDEV,4024A255", "DEASSIGN_PCIDEV,4024A256", "ASSIGN_MMIODEV,4068A257",
            "DEASSIGN_MMIODEV,4068A258", "CREATE_VDEV,40C0A259", "DESTROY_VDEV,40C0A25A",
            "PM_GET_CPU_STATE,C008A260", "IOEVENTFD,4020A270", "IRQFD,4018A271"})
    void encodings(IoctlNumber command, String hexadecimal) {
        assertThat("%08X".formatted(command.number())).isEqualTo(hexadecimal);
    }

    @Test
    @DisplayName("HSM-DEV-04 there are 27 commands")
    void twentySeven() {
        assertThat(IoctlNumber.values()).hasSize(27);
    }

    @ParameterizedTest
    @EnumSource(IoctlNumber.class)
    void commandsAreFoundByTheWholeNumberOnly(IoctlNumber command) {
        assertThat(IoctlNumber.of(command.number())).contains(command);
        assertThat(IoctlNumber.of(command.number() ^ 1 << 30)).isEmpty();
        assertThat(IoctlNumber.of(command.number() + (1 << 16))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource(HypercallId.class)
    void hypercallsAreFoundByTheWholeNumberOnly(HypercallId id) {
        assertThat(id.number() >>> 24).isEqualTo(0x80);
        assertThat(HypercallId.of(id.number())).contains(id);
        assertThat(HypercallId.of(id.number() & 0xFF)).isEmpty();
    }

    @Test
    void hypercallsHaveTheNumbersOfTheSpecification() {
        assertThat(HypercallId.OFFLINE_SERVICE_VM_CPU.number()).isEqualTo(0x8000_0001);
        assertThat(HypercallId.CREATE_VM.number()).isEqualTo(0x8000_0010);
        assertThat(HypercallId.SET_VCPU_REGS.number()).isEqualTo(0x8000_0016);
        assertThat(HypercallId.SET_IRQLINE.number()).isEqualTo(0x8000_0025);
        assertThat(HypercallId.SET_IOREQ_BUFFER.number()).isEqualTo(0x8000_0030);
        assertThat(HypercallId.SET_MEMORY_REGIONS.number()).isEqualTo(0x8000_0042);
        assertThat(HypercallId.DESTROY_VDEV.number()).isEqualTo(0x8000_005A);
        assertThat(HypercallId.PM_GET_CPU_STATE.number()).isEqualTo(0x8000_0080);
    }
}
