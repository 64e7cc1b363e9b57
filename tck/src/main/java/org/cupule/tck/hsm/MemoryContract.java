package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hypervisor.Region;
import org.cupule.ram.Access;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How a VM gets its memory ({@code hsm.md} section 6). */
public abstract class MemoryContract extends HsmFixture {
    private static final int PAGE = 4096;

    private GuestMemory memory = vm.memory();

    /** Only a contract. */
    protected MemoryContract() {
    }

    @Test
    @DisplayName("memory is allocated in zeroed whole pages; other lengths are EINVAL")
    void allocatesPages() {
        Ram ram = memory.allocate(3 * PAGE);

        assertThat(ram.segment().address() % PAGE).isZero();
        assertThat(ram.segment().toArray(ValueLayout.JAVA_BYTE)).hasSize(3 * PAGE).containsOnly(0);
        assertThat(Failing.errno(() -> memory.allocate(0))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.allocate(-PAGE))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.allocate(PAGE + 1))).isEqualTo(Errno.EINVAL);
    }

    @Test
    @DisplayName("more than the host has is ENOMEM, with a sentence that says what to do")
    void tooMuchIsEnomem() {
        assertThatThrownBy(() -> memory.allocate(1L << 46)).isInstanceOf(HsmException.class)
                .hasMessageContaining("MaxDirectMemorySize").hasMessageContaining("ENOMEM");
        assertThat(memory.allocate(PAGE).lengthBytes()).isEqualTo(PAGE);
    }

    @Test
    @DisplayName("HSM-MEM-03 RAM of less than a page, or of broken pages, is EINVAL")
    void brokenPagesAreEinval() {
        Ram ram = memory.allocate(2 * PAGE);

        assertThat(Failing.errno(() -> memory.map(0, ram, 0, 0, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(0, ram, 0, 100, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(0, ram, 0, -PAGE, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(12, ram, 0, PAGE, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(0, ram, 12, PAGE, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(0, ram, -PAGE, PAGE, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(0, ram, PAGE, 2 * PAGE, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(0, ram, Long.MAX_VALUE - PAGE + 1, PAGE, Access.ALL)))
                .isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.map(-PAGE, ram, 0, 2 * PAGE, Access.ALL))).isEqualTo(Errno.EINVAL);
        assertThat(partition.regions()).isEmpty();
    }

    @Test
    @DisplayName("HSM-MEM-06 RAM is mapped write-back with the access wanted, device memory uncacheable")
    void typesAreForced() {
        Ram ram = memory.allocate(2 * PAGE);
        memory.map(0x1000, ram, 0, PAGE, Access.READ | Access.EXECUTE | 0x100);
        memory.mapMmio(0x8000_0000L, ram, PAGE, PAGE, Access.READ | Access.WRITE);

        assertThat(partition.regions()).containsExactly(
                new Region(0x1000, ram, 0, PAGE, Access.READ | Access.EXECUTE, MemoryType.WB),
                new Region(0x8000_0000L, ram, PAGE, PAGE, Access.READ | Access.WRITE, MemoryType.UC));
        assertThat(memory.mappings()).containsExactly(
                new GuestMemory.Mapping(0x1000, PAGE, Access.READ | Access.EXECUTE, MemoryType.WB, true),
                new GuestMemory.Mapping(0x8000_0000L, PAGE, Access.READ | Access.WRITE, MemoryType.UC, false));
    }

    @Test
    @DisplayName("HSM-MEM-07 the 257th RAM mapping is ENOMEM; device memory is not counted")
    void mappingsAreLimited() {
        Ram ram = memory.allocate(PAGE);
        for (int i = 0; i < GuestMemory.MAX_MAPPINGS; i++) {
            memory.map((long) i * PAGE, ram, 0, PAGE, Access.ALL);
        }
        int regions = partition.regions().size();

        assertThat(Failing.errno(() -> memory.map(0x1000_0000L, ram, 0, PAGE, Access.ALL))).isEqualTo(Errno.ENOMEM);
        assertThat(partition.regions()).hasSize(regions);
        memory.mapMmio(0x1000_0000L, ram, 0, PAGE, Access.ALL);
        assertThat(memory.mappings()).hasSize(GuestMemory.MAX_MAPPINGS + 1);
    }

    @Test
    @DisplayName("HSM-MEM-08 a backing that this VM has not allocated is EFAULT")
    void foreignBackingIsEfault() {
        var other = hsm.create(creation());
        Ram foreign = other.memory().allocate(PAGE);
        try (Arena arena = Arena.ofConfined()) {
            Ram stray = new Ram(arena.allocate(PAGE, PAGE));
            assertThat(Failing.errno(() -> memory.map(0, stray, 0, PAGE, Access.ALL))).isEqualTo(Errno.EFAULT);
        }

        assertThat(Failing.errno(() -> memory.map(0, foreign, 0, PAGE, Access.ALL))).isEqualTo(Errno.EFAULT);
        assertThat(partition.regions()).isEmpty();
        other.close();
    }

    @Test
    @DisplayName("HSM-MEM-02 HSM-MEM-11 only device memory that is mapped can be unmapped")
    void onlyDeviceMemoryIsUnmapped() {
        Ram ram = memory.allocate(4 * PAGE);
        memory.map(0, ram, 0, PAGE, Access.ALL);
        memory.mapMmio(0x1000, ram, PAGE, 2 * PAGE, Access.ALL);

        assertThat(Failing.errno(() -> memory.unmapMmio(0, PAGE))).as("RAM").isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.unmapMmio(0, 2 * PAGE))).as("partly RAM").isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.unmapMmio(0x1000, 3 * PAGE))).as("partly nothing")
                .isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.unmapMmio(0x9000, PAGE))).as("nothing").isEqualTo(Errno.EINVAL);
        assertThat(Failing.errno(() -> memory.unmapMmio(0x1000, 100))).as("no pages").isEqualTo(Errno.EINVAL);

        memory.unmapMmio(0x1000, PAGE);
        assertThat(partition.regions()).endsWith(Region.remove(0x1000, PAGE));
        assertThat(memory.mappings()).extracting(GuestMemory.Mapping::gpa).containsExactly(0L, 0x2000L);
        memory.mapMmio(0x1000, ram, 3 * PAGE, PAGE, Access.READ);
        assertThat(partition.regions()).endsWith(new Region(0x1000, ram, 3 * PAGE, PAGE, Access.READ, MemoryType.UC));
    }

    @Test
    @DisplayName("HSM-MEM-12 mapping over what is mapped succeeds and keeps the old; the hypervisor gets the new parts")
    void oldMappingIsKept() {
        Ram low = memory.addRam(0x2000, 2 * PAGE, Access.ALL);
        Ram high = memory.addRam(0x0000, 6 * PAGE, Access.ALL);

        assertThat(partition.regions()).containsExactly(Region.add(0x2000, low, 0, 2 * PAGE, Access.ALL),
                Region.add(0, high, 0, 2 * PAGE, Access.ALL), Region.add(0x4000, high, 4 * PAGE, 2 * PAGE, Access.ALL));
        memory.write(0x2000, new byte[]{1, 2, 3, 4}, 0, 4);
        assertThat(low.segment().get(ValueLayout.JAVA_INT, 0)).isEqualTo(0x04030201);
        assertThat(memory.mappings()).hasSize(3);
    }

    @Test
    @DisplayName("HSM-MEM-13 what the hypervisor refuses is an error, and nothing is mapped")
    void refusedMappingIsNotThere() {
        partition.fail(new HsmException(Errno.EPERM, "setRegions", "as the test wants"));
        assertThat(Failing.errno(() -> memory.addRam(0, PAGE, Access.ALL))).isEqualTo(Errno.EPERM);
        assertThat(memory.mappings()).isEmpty();
        assertThat(memory.read(0, new byte[1], 0, 1)).isFalse();

        partition.fail(null);
        for (int i = 0; i < GuestMemory.MAX_MAPPINGS; i++) {
            memory.addRam((long) i * PAGE, PAGE, Access.ALL);
        }
        assertThat(memory.mappings()).hasSize(GuestMemory.MAX_MAPPINGS);
    }

    @Test
    @DisplayName("device memory that the hypervisor refuses to remove stays mapped")
    void refusedUnmapKeepsTheMapping() {
        Ram ram = memory.allocate(PAGE);
        memory.mapMmio(0x1000, ram, 0, PAGE, Access.ALL);
        partition.fail(new HsmException(Errno.EPERM, "setRegions", "as the test wants"));

        assertThat(Failing.errno(() -> memory.unmapMmio(0x1000, PAGE))).isEqualTo(Errno.EPERM);
        assertThat(memory.mappings()).hasSize(1);

        partition.fail(null);
        memory.unmapMmio(0x1000, PAGE);
        assertThat(memory.mappings()).isEmpty();
    }

    @Test
    @DisplayName("reads and writes cross from one backing to the next, and fail whole at a hole")
    void copiesCrossBackings() {
        Ram first = memory.addRam(0x1000, PAGE, Access.ALL);
        Ram second = memory.addRam(0x2000, PAGE, Access.ALL);
        byte[] bytes = pattern(64);

        assertThat(memory.write(0x1FF0, bytes, 8, 48)).isTrue();
        assertThat(first.segment().get(ValueLayout.JAVA_BYTE, 0xFF0)).isEqualTo(bytes[8]);
        assertThat(second.segment().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo(bytes[24]);
        byte[] back = new byte[64];
        assertThat(memory.read(0x1FF0, back, 8, 48)).isTrue();
        assertThat(Arrays.copyOfRange(back, 8, 56)).isEqualTo(Arrays.copyOfRange(bytes, 8, 56));

        byte[] untouched = pattern(64);
        assertThat(memory.read(0x2FF0, untouched, 0, 17)).isFalse();
        assertThat(untouched).isEqualTo(pattern(64));
        assertThat(memory.write(0x2FF0, new byte[64], 0, 17)).isFalse();
        assertThat(memory.read(0x0FF0, untouched, 0, 17)).isFalse();
        assertThat(memory.read(-8, untouched, 0, 16)).isFalse();
        assertThat(memory.read(0x9999_0000L, untouched, 0, 0)).as("nothing is everywhere").isTrue();
    }

    private static byte[] pattern(int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i * 7 + 3);
        }
        return bytes;
    }

    @Test
    @DisplayName("RAM without the right to write takes loads, not writes; device memory takes neither")
    void rightsAreKept() {
        memory.addRam(0xF_0000L, PAGE, Access.READ | Access.EXECUTE);
        Ram device = memory.allocate(PAGE);
        memory.mapMmio(0xF_1000L, device, 0, PAGE, Access.ALL);

        assertThat(memory.write(0xF_0000L, new byte[]{1}, 0, 1)).isFalse();
        assertThat(memory.load(0xF_0000L, new byte[]{0x55}, 0, 1)).isTrue();
        byte[] back = new byte[1];
        assertThat(memory.read(0xF_0000L, back, 0, 1)).isTrue();
        assertThat(back).containsExactly(0x55);
        assertThat(memory.read(0xF_0FFFL, new byte[2], 0, 2)).isFalse();
        assertThat(memory.write(0xF_1000L, new byte[1], 0, 1)).isFalse();
        assertThat(memory.load(0xF_1000L, new byte[1], 0, 1)).isFalse();
    }

    @Test
    @DisplayName("a write makes code that was decoded from its pages stale")
    void writeMakesCodeStale() {
        Ram ram = memory.addRam(0, 4 * PAGE, Access.ALL);
        int first = ram.markCode(0);
        int second = ram.markCode(PAGE);
        int third = ram.markCode(2 * PAGE);

        memory.write(PAGE - 1, new byte[2], 0, 2);

        assertThat(ram.generation(0)).isNotEqualTo(first);
        assertThat(ram.generation(PAGE)).isNotEqualTo(second);
        assertThat(ram.generation(2 * PAGE)).isEqualTo(third);
    }

    @Test
    @DisplayName("a bad array range is the caller's defect, not the guest's")
    void badArrayRangeThrows() {
        memory.addRam(0, PAGE, Access.ALL);

        assertThatThrownBy(() -> memory.read(0, new byte[4], 2, 4)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> memory.write(0, new byte[4], 0, -1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    @DisplayName("a VM's memory vanishes with it, and with it alone")
    void memoryVanishesWithItsVm() {
        var other = hsm.create(creation());
        Ram ram = memory.addRam(0, PAGE, Access.ALL);
        Ram kept = other.memory().addRam(0, PAGE, Access.ALL);

        vm.close();

        assertThat(ram.segment().scope().isAlive()).isFalse();
        assertThat(kept.segment().scope().isAlive()).isTrue();
        assertThat(other.memory().write(0, new byte[1], 0, 1)).isTrue();
        other.close();
    }

    @Test
    @DisplayName("who asks for memory of a VM that is gone is told that it is, with EINVAL")
    void goneVmIsTold() {
        Ram ram = memory.addRam(0, PAGE, Access.ALL);
        vm.close();

        for (ThrowingCallable late : List.<ThrowingCallable>of(() -> memory.allocate(PAGE),
                () -> memory.allocate(1 << 21, 1 << 21), () -> memory.map(PAGE, ram, 0, PAGE, Access.ALL),
                () -> memory.mapMmio(PAGE, ram, 0, PAGE, Access.ALL),
                () -> memory.mapHostMmio(PAGE, 0xFD00_0000L, PAGE, Access.ALL), () -> memory.unmapMmio(0, PAGE))) {
            assertThatThrownBy(late).hasMessageContaining("is destroyed").isInstanceOfSatisfying(HsmException.class,
                    refused -> assertThat(refused.errno()).isEqualTo(Errno.EINVAL));
        }
    }

    @Test
    @DisplayName("one thread after the other changes the memory, whether the one before was refused or not")
    void threadsFollowEachOther() throws Exception {
        Thread first = Thread.ofPlatform().start(() -> {
            Ram device = memory.allocate(PAGE);
            memory.mapMmio(0x10000, device, 0, PAGE, Access.ALL);
            memory.unmapMmio(0x10000, PAGE);
            memory.addRam(0, PAGE, Access.ALL);
            partition.fail(new HsmException(Errno.ENOMEM, "setRegions", "as the test wants"));
            assertThatThrownBy(() -> memory.addRam(PAGE, PAGE, Access.ALL)).isInstanceOf(HsmException.class);
            partition.fail(null);
        });
        first.join();

        var second = CompletableFuture.supplyAsync(() -> memory.addRam(PAGE, PAGE, Access.ALL));

        assertThat(second.get(60, TimeUnit.SECONDS).lengthBytes()).isEqualTo(PAGE);
        assertThat(memory.mappings()).hasSize(2);
    }

    @Test
    @DisplayName("a hypervisor that maps no memory of the host refuses it with EOPNOTSUPP, and nothing is mapped")
    void hostMemoryNeedsAHypervisorThatMapsIt() {
        assertThat(Failing.errno(() -> memory.mapHostMmio(0xF000_0000L, 0xFD00_0000L, PAGE, Access.ALL)))
                .isEqualTo(Errno.EOPNOTSUPP);
        assertThat(memory.mappings()).isEmpty();
    }

    @Test
    @DisplayName("memory of pages that the host has not is refused, and nothing is mapped; small pages are there")
    void pagesThatAreNotThereAreRefused() {
        assertThat(Failing.errno(() -> memory.allocate(1L << 45, 2 << 20))).isIn(Errno.EOPNOTSUPP, Errno.ENOMEM);
        assertThat(memory.mappings()).isEmpty();
        assertThat(memory.allocate(PAGE, PAGE).lengthBytes()).isEqualTo(PAGE);
    }
}
