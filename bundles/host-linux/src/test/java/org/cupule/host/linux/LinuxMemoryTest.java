package org.cupule.host.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.cupule.host.Descriptor;
import org.cupule.host.EventFd;
import org.cupule.host.Host;
import org.cupule.types.Errno;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class LinuxMemoryTest {
    private static final Host HOST = new LinuxHost();
    private static final long PAGE = 4096;
    private static final long LARGE = 64L << 30;

    private static void assertErrno(Errno errno, ThrowingCallable call) {
        assertThatExceptionOfType(HsmException.class).isThrownBy(call).extracting(HsmException::errno)
                .isEqualTo(errno);
    }

    @Test
    void twoMappingsShareTheirBytes() {
        try (Descriptor memory = HOST.memory("shared", 4 * PAGE);
                Arena first = Arena.ofShared();
                Arena second = Arena.ofShared()) {
            MemorySegment whole = HOST.map(memory, 0, 4 * PAGE, first);
            MemorySegment part = HOST.map(memory, PAGE, PAGE, second);
            part.set(ValueLayout.JAVA_INT, 8, 0x1234);

            assertThat(whole.get(ValueLayout.JAVA_INT, PAGE + 8)).isEqualTo(0x1234);
            assertThat(whole.get(ValueLayout.JAVA_INT, 0)).isZero();
            assertThat(whole.address() % PAGE).isZero();
            assertThat(part.byteSize()).isEqualTo(PAGE);
        }
    }

    @Test
    void pagesAreGivenAsTheyAreTouched() {
        try (Descriptor memory = HOST.memory("lazy", LARGE); Arena arena = Arena.ofShared()) {
            MemorySegment segment = HOST.map(memory, 0, LARGE, arena);
            segment.set(ValueLayout.JAVA_BYTE, LARGE - 1, (byte) 7);

            assertThat(segment.get(ValueLayout.JAVA_BYTE, LARGE - 1)).isEqualTo((byte) 7);
            assertThat(residentBytes()).isLessThan(LARGE / 8);
        }
    }

    private static long residentBytes() {
        try {
            String line = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
            return Long.parseLong(line) * PAGE;
        } catch (IOException failure) {
            throw new AssertionError(failure);
        }
    }

    @Test
    void memoryOutlivesItsDescriptorAndEndsWithItsArena() throws IOException {
        MemorySegment segment;
        try (Arena arena = Arena.ofShared()) {
            try (Descriptor memory = HOST.memory("outlives", PAGE)) {
                segment = HOST.map(memory, 0, PAGE, arena);
            }
            segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
            assertThat(Files.readString(Path.of("/proc/self/maps"))).contains("memfd:outlives");
        }

        assertThat(Files.readString(Path.of("/proc/self/maps"))).doesNotContain("memfd:outlives");
        assertThatExceptionOfType(IllegalStateException.class)
                .isThrownBy(() -> segment.get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void nobodyCanTakePagesAwayUnderAMapping() {
        try (LinuxDescriptor foreign = new LinuxDescriptor(
                (int) Libc.memfdCreate("foreign", Libc.MFD_ALLOW_SEALING)); Arena arena = Arena.ofShared()) {
            Libc.ftruncate(foreign.fd(), 2 * PAGE);
            HOST.map(foreign, 0, 2 * PAGE, arena);

            assertThat(Libc.ftruncate(foreign.fd(), PAGE)).isEqualTo(-Errno.EPERM.number());
        }
    }

    @Test
    void memoryThatCannotBeSealedIsNotMapped() {
        try (LinuxDescriptor foreign = new LinuxDescriptor((int) Libc.memfdCreate("unsealable", 0));
                Arena arena = Arena.ofShared()) {
            Libc.ftruncate(foreign.fd(), PAGE);

            assertErrno(Errno.EPERM, () -> HOST.map(foreign, 0, PAGE, arena));
        }
    }

    @Test
    void onlyWhatIsInsideIsMapped() {
        try (Descriptor memory = HOST.memory("inside", 2 * PAGE); Arena arena = Arena.ofShared()) {
            assertErrno(Errno.EINVAL, () -> HOST.map(memory, 0, 3 * PAGE, arena));
            assertErrno(Errno.EINVAL, () -> HOST.map(memory, PAGE, 2 * PAGE, arena));
            assertErrno(Errno.EINVAL, () -> HOST.map(memory, -PAGE, PAGE, arena));
            assertErrno(Errno.EINVAL, () -> HOST.map(memory, Long.MAX_VALUE & -PAGE, PAGE, arena));
            assertErrno(Errno.EINVAL, () -> HOST.map(memory, 0, 0, arena));
            assertErrno(Errno.EINVAL, () -> HOST.map(memory, 1, PAGE, arena));
        }
    }

    @Test
    void badLengthsAndNamesAreRefused() {
        assertErrno(Errno.EINVAL, () -> HOST.memory("m", 0));
        assertErrno(Errno.EINVAL, () -> HOST.memory("m", -PAGE));
        assertErrno(Errno.EINVAL, () -> HOST.memory("m".repeat(201), PAGE));
    }

    @Test
    void whatIsNotMemoryIsNotMapped() {
        try (EventFd counter = HOST.eventFd(0);
                Descriptor descriptor = counter.descriptor().orElseThrow();
                Arena arena = Arena.ofShared()) {
            assertErrno(Errno.EINVAL, () -> HOST.map(descriptor, 0, PAGE, arena));
        }
    }

    @Test
    void aClosedDescriptorIsEbadf() {
        Descriptor memory = HOST.memory("closed", PAGE);
        memory.close();
        memory.close();

        assertErrno(Errno.EBADF, memory::number);
        assertErrno(Errno.EBADF, memory::target);
        assertErrno(Errno.EBADF, memory::duplicate);
        assertErrno(Errno.EBADF, () -> HOST.eventFd(memory));
        try (Arena arena = Arena.ofShared()) {
            assertErrno(Errno.EBADF, () -> HOST.map(memory, 0, PAGE, arena));
        }
    }

    @Test
    void aCloseDoesNotReachTheNextDescriptorWithTheNumber() {
        LinuxDescriptor first = (LinuxDescriptor) HOST.memory("first", PAGE);
        first.enter("test");
        first.close();
        try (Descriptor second = HOST.memory("second", PAGE)) {
            assertThat(second.number()).isNotEqualTo(first.fd());
            first.leave();
            first.close();

            assertThat(second.target()).contains("second");
        }
    }

    @Test
    void descriptorsOfThisProcessAreFoundByNumber() {
        try (EventFd counter = HOST.eventFd(3);
                Descriptor descriptor = counter.descriptor().orElseThrow();
                Descriptor memory = HOST.memory("other", PAGE);
                EventFd found = HOST.descriptors().eventFd(descriptor.number())) {
            assertThat(found.same(counter)).isTrue();
            assertErrno(Errno.EINVAL, () -> HOST.descriptors().eventFd(memory.number()));
            assertErrno(Errno.EBADF, () -> HOST.descriptors().eventFd(1 << 20));
            assertErrno(Errno.EBADF, () -> HOST.descriptors().eventFd(-1));
        }
    }
}
