package org.cupule.tck.hsm;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.IntStream;
import org.cupule.abi.AcrnVmMemmap;
import org.cupule.abi.IoRequestPage;
import org.cupule.abi.IoctlNumber;
import org.cupule.hsm.CallerMemory.Frame;
import org.cupule.hsm.memory.GuestMemory;
import org.cupule.hypervisor.Region;
import org.cupule.ram.MemoryType;
import org.cupule.ram.Ram;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Memory through the character device ({@code hsm.md} 6): the caller's pages become guest RAM where they are. */
public abstract class DeviceMemoryContract extends DeviceFixture {
    private static final int PAGE = 4096;
    private static final long HUGE = 0x20_0000;

    /** Only a contract. */
    protected DeviceMemoryContract() {
    }

    private static AcrnVmMemmap map(int type, int attr, long gpa, long base, long lengthBytes) {
        AcrnVmMemmap map = zeros(AcrnVmMemmap.LAYOUT, AcrnVmMemmap::new);
        map.type(type);
        map.attr(attr);
        map.userVmPa(gpa);
        map.vmaBase(base);
        map.len(lengthBytes);
        return map;
    }

    private static AcrnVmMemmap ram(long gpa, long base, long lengthBytes) {
        return map(AcrnVmMemmap.RAM, 7, gpa, base, lengthBytes);
    }

    private int set(AcrnVmMemmap map) {
        return ioctl(IoctlNumber.SET_MEMSEG, map);
    }

    private int unset(AcrnVmMemmap map) {
        return ioctl(IoctlNumber.UNSET_MEMSEG, map);
    }

    private static long batches(FakePartition partition) {
        return partition.journal().stream().filter("setRegions"::equals).count();
    }

    @ParameterizedTest(name = "HSM-MEM-01 type {0} is EINVAL for both commands")
    @DisplayName("HSM-MEM-01 type each is EINVAL for both commands")
    @ValueSource(ints = {2, 3, -1})
    void otherTypes(int type) {
        FakePartition partition = created();
        AcrnVmMemmap map = map(type, 7, 0, caller.pages(1), PAGE);

        assertThat(set(map)).isEqualTo(EINVAL);
        assertThat(unset(map)).isEqualTo(EINVAL);
        assertThat(batches(partition)).isZero();
    }

    @Test
    @DisplayName("HSM-MEM-02 RAM cannot be unset")
    void ramStays() {
        FakePartition partition = created();
        AcrnVmMemmap map = ram(0, caller.pages(1), PAGE);
        assertThat(set(map)).isZero();

        assertThat(unset(map)).isEqualTo(EINVAL);
        assertThat(batches(partition)).isEqualTo(1);
        assertThat(caller.pinned()).isEqualTo(2);
    }

    @Test
    @DisplayName("HSM-MEM-03 less than a page of RAM is EINVAL, before the address is looked at")
    void lessThanAPage() {
        created();

        assertThat(set(ram(0, caller.nowhere(), PAGE - 1))).isEqualTo(EINVAL);
        assertThat(set(ram(0, caller.nowhere(), 0))).isEqualTo(EINVAL);
    }

    @Test
    @DisplayName("HSM-MEM-04 N small pages are one batch of N regions of 4096 bytes, in order")
    void regionPerPage() {
        FakePartition partition = created();
        long base = caller.pages(5);

        assertThat(set(ram(0x10_0000, base, 5 * PAGE))).isZero();

        assertThat(batches(partition)).isEqualTo(1);
        assertThat(partition.regions()).extracting(Region::lengthBytes).containsExactly(4096L, 4096L, 4096L, 4096L,
                4096L);
        assertThat(partition.regions()).extracting(Region::gpa).containsExactly(0x10_0000L, 0x10_1000L, 0x10_2000L,
                0x10_3000L, 0x10_4000L);
        assertThat(partition.regions()).extracting(Region::offset).containsExactly(0L, 0x1000L, 0x2000L, 0x3000L,
                0x4000L);
    }

    @Test
    @DisplayName("HSM-MEM-05 a huge page is one region of its size; the last one is mapped whole")
    void regionPerHugePage() {
        FakePartition partition = created();
        long base = caller.hugePages(3, HUGE);

        assertThat(set(ram(0, base, HUGE))).isZero();
        assertThat(partition.regions()).extracting(Region::lengthBytes).containsExactly(HUGE);

        assertThat(set(ram(0x1000_0000L, base + HUGE, HUGE + PAGE))).isZero();
        assertThat(partition.regions()).extracting(Region::lengthBytes).containsExactly(HUGE, HUGE, HUGE);
        assertThat(partition.regions()).extracting(Region::gpa).containsExactly(0L, 0x1000_0000L, 0x1020_0000L);
    }

    @Test
    @DisplayName("HSM-MEM-05 RAM that begins inside a huge page is refused, and not left pinned")
    void middleOfHugePage() {
        created();

        assertThat(set(ram(0, caller.hugePages(2, HUGE) + PAGE, HUGE))).isEqualTo(EINVAL);
        assertThat(caller.pinned()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-MEM-06 RAM is write-back, device memory uncacheable, whatever the type bits of attr say")
    void typesAreForced() {
        FakePartition partition = created();

        assertThat(set(map(AcrnVmMemmap.RAM, AcrnVmMemmap.UC | 5, 0, caller.pages(1), PAGE))).isZero();
        assertThat(set(map(AcrnVmMemmap.MMIO, AcrnVmMemmap.WB | 3, 0x8000_0000L, caller.device(1), PAGE))).isZero();

        assertThat(partition.regions()).extracting(Region::type).containsExactly(MemoryType.WB, MemoryType.UC);
        assertThat(partition.regions()).extracting(Region::access).containsExactly(5, 3);
    }

    @Test
    @DisplayName("HSM-MEM-07 the 257th mapping is ENOMEM; its pages are pinned and unpinned again")
    void tooManyMappings() {
        FakePartition partition = created();
        long base = caller.pages(1);
        for (int i = 0; i < GuestMemory.MAX_MAPPINGS; i++) {
            assertThat(set(ram((long) i * PAGE, base, PAGE))).isZero();
        }
        long before = batches(partition);
        journal.clear();

        assertThat(set(ram(0x4000_0000L, base, PAGE))).isEqualTo(ENOMEM);

        assertThat(batches(partition)).isEqualTo(before);
        assertThat(journal).containsExactly("pin 4096", "unpin 4096");
        assertThat(caller.pinned()).isEqualTo(GuestMemory.MAX_MAPPINGS + 1);
    }

    @Test
    @DisplayName("HSM-MEM-08 a range that is partly not there is EFAULT, and nothing stays pinned")
    void partlyMissing() {
        FakePartition partition = created();
        long base = caller.pages(2);

        assertThat(set(ram(0, base + PAGE, 2 * PAGE))).isEqualTo(EFAULT);
        assertThat(set(ram(0, caller.nowhere(), PAGE))).isEqualTo(EFAULT);
        assertThat(set(ram(0, base, Long.MAX_VALUE))).isEqualTo(EFAULT);
        assertThat(set(ram(0, base, -PAGE))).isEqualTo(EFAULT);
        assertThat(batches(partition)).isZero();
        assertThat(caller.pinned()).isEqualTo(1);
    }

    @Test
    @DisplayName("HSM-MEM-09 read-only memory is refused, even for a guest that may only read")
    void readOnlyMemory() {
        created();

        assertThat(set(map(AcrnVmMemmap.RAM, 1, 0, caller.readOnlyPages(1), PAGE))).isEqualTo(EFAULT);
    }

    @Test
    @DisplayName("HSM-MEM-10 HSM-MEM-11 device memory of broken pages, or that is not mapped, is EINVAL")
    void brokenDeviceMemory() {
        created();
        long hpa = caller.device(2);

        assertThat(set(map(AcrnVmMemmap.MMIO, 3, 0x8000_0000L, hpa, PAGE + 1))).isEqualTo(EINVAL);
        assertThat(set(map(AcrnVmMemmap.MMIO, 3, 0x8000_0001L, hpa, PAGE))).isEqualTo(EINVAL);
        assertThat(set(map(AcrnVmMemmap.MMIO, 3, 0x8000_0000L, 0x1234_5000L, PAGE))).isEqualTo(EINVAL);
        assertThat(unset(map(AcrnVmMemmap.MMIO, 3, 0x8000_0000L, hpa, PAGE))).isEqualTo(EINVAL);
        assertThat(caller.pinned()).isEqualTo(1);
    }

    @Test
    @DisplayName("device memory is given back when the last of it is unset")
    void deviceMemoryIsGivenBack() {
        FakePartition partition = created();
        long hpa = caller.device(2);
        assertThat(set(map(AcrnVmMemmap.MMIO, 3, 0x8000_0000L, hpa, 2 * PAGE))).isZero();

        assertThat(unset(map(AcrnVmMemmap.MMIO, 3, 0x8000_0000L, 0, PAGE))).isZero();
        assertThat(caller.pinned()).isEqualTo(2);
        assertThat(unset(map(AcrnVmMemmap.MMIO, 3, 0x8000_1000L, 0, PAGE))).isZero();

        assertThat(caller.pinned()).isEqualTo(1);
        assertThat(partition.regions()).endsWith(Region.remove(0x8000_0000L, PAGE),
                Region.remove(0x8000_1000L, PAGE));
    }

    @Test
    @DisplayName("HSM-MEM-12 RAM over what is mapped succeeds and keeps the old")
    void overlap() {
        FakePartition partition = created();
        long first = caller.pages(2);
        long second = caller.pages(4);
        assertThat(set(ram(PAGE, first, 2 * PAGE))).isZero();

        assertThat(set(ram(0, second, 4 * PAGE))).isZero();

        assertThat(partition.regions()).extracting(Region::gpa).containsExactly(0x1000L, 0x2000L, 0x0L, 0x3000L);
        caller.memory(first).set(ValueLayout.JAVA_INT, 0, 0x1111);
        caller.memory(second).set(ValueLayout.JAVA_INT, PAGE, 0x2222);
        byte[] seen = new byte[4];
        assertThat(hsm.machines().getFirst().memory().read(PAGE, seen, 0, 4)).isTrue();
        assertThat(MemorySegment.ofArray(seen).get(ValueLayout.JAVA_INT_UNALIGNED, 0)).isEqualTo(0x1111);
    }

    @Test
    @DisplayName("HSM-MEM-13 what the hypervisor refuses is its error; nothing is taken back, since a part may be mapped")
    void refusedBatch() {
        FakePartition partition = created();
        partition.fail(new HsmException(Errno.EPERM, "setRegions", "as the test wants"));

        assertThat(set(ram(0, caller.pages(2), 2 * PAGE))).isEqualTo(EPERM);

        assertThat(batches(partition)).as("no removal").isEqualTo(1);
        assertThat(caller.pinned()).as("the hypervisor may still use it").isEqualTo(2);
        partition.fail(null);
        handle.close();
        assertThat(caller.pinned()).isZero();
    }

    @Test
    @DisplayName("a base inside a page is rounded down, a part of a page at the end is left out")
    void partsOfPages() {
        FakePartition partition = created();
        long base = caller.pages(3);

        assertThat(set(ram(0, base + PAGE + 12, 2 * PAGE - 1))).isZero();

        assertThat(partition.regions()).hasSize(1);
        assertThat(partition.regions().getFirst().ram().segment().address())
                .isEqualTo(caller.memory(base + PAGE).address());
    }

    @Test
    @DisplayName("a guest address inside a page is EINVAL, and nothing stays pinned")
    void guestAddressInsideAPage() {
        created();

        assertThat(set(ram(8, caller.pages(1), PAGE))).isEqualTo(EINVAL);
        assertThat(set(ram(-PAGE, caller.pages(2), 2 * PAGE))).isEqualTo(EINVAL);
        assertThat(caller.pinned()).isEqualTo(1);
    }

    private static List<Frame> frames(int count) {
        return IntStream.range(0, count).mapToObj(i -> new Frame(0x9000 + i, true, false)).toList();
    }

    @Test
    @DisplayName("HSM-MEM-14 consecutive raw frames are one region, and use no mapping up")
    void rawFrames() {
        FakePartition partition = created();
        long base = caller.frames(frames(4));

        for (int i = 0; i < GuestMemory.MAX_MAPPINGS + 1; i++) {
            assertThat(set(ram(0x1000_0000L * i, base + PAGE, 3 * PAGE))).isZero();
        }

        assertThat(partition.regions()).hasSize(GuestMemory.MAX_MAPPINGS + 1);
        assertThat(partition.regions()).extracting(Region::lengthBytes).containsOnly(3L * PAGE);
        assertThat(journal).noneMatch("pin 12288"::equals);
    }

    @Test
    @DisplayName("HSM-MEM-14 frames that do not follow each other, or end too early, are EINVAL")
    void brokenFrames() {
        FakePartition partition = created();
        long gap = caller.frames(List.of(new Frame(1, true, false), new Frame(3, true, false)));
        long missing = caller.frames(List.of(new Frame(1, true, false), new Frame(-1, true, false)));

        assertThat(set(ram(0, gap, 2 * PAGE))).isEqualTo(EINVAL);
        assertThat(set(ram(0, missing, 2 * PAGE))).as("the look-up's own error").isEqualTo(EINVAL);
        assertThat(set(ram(0, gap, 3 * PAGE))).as("beyond the mapping").isEqualTo(EINVAL);
        assertThat(batches(partition)).isZero();
    }

    @Test
    @DisplayName("HSM-MEM-14 a frame that may only be read is EFAULT for a guest that may write, a counted one always")
    void forbiddenFrames() {
        created();
        long readOnly = caller.frames(List.of(new Frame(1, true, false), new Frame(2, false, false)));
        long counted = caller.frames(List.of(new Frame(1, true, true)));

        assertThat(set(ram(0, readOnly, 2 * PAGE))).isEqualTo(EFAULT);
        assertThat(set(map(AcrnVmMemmap.RAM, 5, 0, readOnly, 2 * PAGE))).isZero();
        assertThat(set(map(AcrnVmMemmap.RAM, 1, 0x10_0000, counted, PAGE))).isEqualTo(EFAULT);
    }

    @Test
    @DisplayName("guest RAM is the caller's own memory, both ways")
    void memoryIsShared() {
        created();
        long base = caller.pages(1);
        assertThat(set(ram(0x5000, base, PAGE))).isZero();
        GuestMemory memory = hsm.machines().getFirst().memory();

        caller.memory(base).set(ValueLayout.JAVA_BYTE, 9, (byte) 0x77);
        byte[] one = new byte[1];
        assertThat(memory.read(0x5009, one, 0, 1)).isTrue();
        assertThat(one).containsExactly(0x77);

        assertThat(memory.write(0x500A, new byte[]{0x66}, 0, 1)).isTrue();
        assertThat(caller.memory(base).get(ValueLayout.JAVA_BYTE, 10)).isEqualTo((byte) 0x66);
    }

    @Test
    @DisplayName("code that the caller writes over, without a word, is stale before the guest hears of it")
    void foreignWritesMakeCodeStale() {
        FakePartition partition = created();
        long base = caller.pages(1);
        assertThat(set(ram(0, base, PAGE))).isZero();
        assertThat(ioctl(IoctlNumber.CREATE_IOREQ_CLIENT)).isZero();
        Ram ram = java.util.Objects.requireNonNull(partition.regions().getFirst().ram());

        for (Runnable tells : List.<Runnable>of(() -> ioctl(IoctlNumber.SET_IRQLINE, 5), () -> answer(partition),
                () -> ioctl(IoctlNumber.START_VM))) {
            int generation = ram.markCode(0x100, 16);
            caller.memory(base).set(ValueLayout.JAVA_BYTE, 0x104, (byte) (generation + 1));

            tells.run();

            assertThat(ram.generation(0)).isEqualTo(generation + 1);
        }
    }

    private void answer(FakePartition partition) {
        partition.post(0, IoRequestPage.PORTIO, true, 0x80, 1, 0);
        partition.awaitState(0, IoRequestPage.PROCESSING);
        ioctl(IoctlNumber.NOTIFY_REQUEST_FINISH, DeviceContract.notice(0));
        partition.take(0);
    }
}
