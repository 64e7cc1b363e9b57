package org.cupule.rig.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.cupule.abi.IoctlNumber;
import org.cupule.rig.guest.StandIn.Hypercall;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Linux's driver itself: power, the interrupt monitor, the Service VM's processors. */
class QueryClaims extends DriverFixture {
    private static final Path REMOVE = Path.of("/sys/class/misc/acrn_hsm/remove_cpu");
    private static final int BUFFER = 64;

    private long command(int state, int type) {
        return (long) vmid << 24 | (long) state << 8 | type;
    }

    /** {@return the result of a query; what it wrote is in the buffer} */
    private int query(MemorySegment buffer, int state, int type) {
        buffer.fill((byte) 0xEE);
        buffer.set(ValueLayout.JAVA_LONG, 0, command(state, type));
        return ioctl(IoctlNumber.PM_GET_CPU_STATE, buffer.address());
    }

    @Test
    @DisplayName("HSM-PM-01 an unknown type is 0, without a hypercall and with the buffer as it was")
    void unknownType() {
        created();
        MemorySegment buffer = arena.allocate(BUFFER, 8);
        assertThat(StandIn.during(() -> assertThat(query(buffer, 0, 9)).isZero())).isEmpty();
        assertThat(buffer.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(command(0, 9));
    }

    @Test
    @DisplayName("HSM-PM-02 HSM-PM-04 the count of C-states is a byte in 8, one of them 32 bytes, none at index 0")
    void idleStates() {
        created();
        MemorySegment buffer = arena.allocate(BUFFER, 8);
        assertThat(query(buffer, 0, 2)).isZero();
        assertThat(buffer.get(ValueLayout.JAVA_LONG, 0)).isEqualTo(2);
        assertThat(buffer.get(ValueLayout.JAVA_BYTE, 8)).isEqualTo((byte) 0xEE);
        assertThat(query(buffer, 1, 3)).isZero();
        assertThat(buffer.get(ValueLayout.JAVA_INT, 16)).as("latency").isEqualTo(1);
        assertThat(buffer.get(ValueLayout.JAVA_BYTE, 32)).isEqualTo((byte) 0xEE);
        assertThat(query(buffer, 0, 3)).isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-PM-03 P-states and a running VM are EPERM")
    void refused() {
        created();
        MemorySegment buffer = arena.allocate(BUFFER, 8);
        assertThat(query(buffer, 1, 1)).isEqualTo(EPERM);
        assertThat(ioctl(IoctlNumber.START_VM)).isZero();
        assertThat(query(buffer, 0, 2)).isEqualTo(EPERM);
    }

    @Test
    @DisplayName("HSM-INT-06 HSM-INT-07 the monitor's page stays pinned on success, and is let go for another or on failure")
    void monitor() {
        created();
        long before = VmStat.pinned();
        MemorySegment good = Sys.map(PAGE, Sys.POPULATE);
        MemorySegment other = Sys.map(PAGE, Sys.POPULATE);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, good.address())).isZero();
        assertThat(VmStat.pinned()).isEqualTo(before + 1);
        other.set(ValueLayout.JAVA_INT, 4, 49);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, other.address())).isEqualTo(EINVAL);
        assertThat(VmStat.pinned()).isEqualTo(before + 1);
        other.set(ValueLayout.JAVA_INT, 4, 48);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, other.address())).isZero();
        assertThat(VmStat.pinned()).isEqualTo(before + 1);
        assertThat(ioctl(IoctlNumber.VM_INTR_MONITOR, 16)).isEqualTo(EFAULT);
    }

    @ParameterizedTest(name = "HSM-CPU-01 a processor called \"{0}\" is EINVAL")
    @ValueSource(strings = {"0", "abc", "99999999999999999999", "77"})
    void noProcessor(String name) {
        assertThatThrownBy(() -> Files.writeString(REMOVE, name)).isInstanceOf(IOException.class)
                .hasMessageContaining("Invalid argument");
    }

    @Test
    @DisplayName("HSM-CPU-03 where the hypervisor refuses, the processor is online again and the error returned")
    void refusedProcessor() throws IOException {
        StandIn.fail(0x01, -1, 1);
        assertThatThrownBy(() -> Files.writeString(REMOVE, "1")).hasMessageContaining("Operation not permitted");
        assertThat(Files.readString(Path.of("/sys/devices/system/cpu/online")).strip()).isEqualTo("0-1");
    }

    @Test
    @DisplayName("HSM-CPU-02 a processor that is given away is offline, and the hypervisor was told its APIC id")
    void processor() throws IOException {
        try {
            var calls = StandIn.during(() -> assertThat(write("1")).isTrue());
            assertThat(calls).extracting(Hypercall::id).containsExactly(0x8000_0001);
            assertThat(calls.getFirst().first()).isEqualTo(1);
            assertThat(Files.readString(Path.of("/sys/devices/system/cpu/online")).strip()).isEqualTo("0");
        } finally {
            Files.writeString(Path.of("/sys/devices/system/cpu/cpu1/online"), "1");
        }
    }

    private static boolean write(String name) {
        try {
            Files.writeString(REMOVE, name);
            return true;
        } catch (IOException failed) {
            return false;
        }
    }
}
