package org.cupule.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import org.cupule.hsm.memory.GuestMemory.Mapping;
import org.cupule.machine.fake.FakeMemory;
import org.junit.jupiter.api.Test;

class MemoryLayoutTest {
    private static final long HUGE = 2 << 20;

    private final FakeMemory memory = new FakeMemory();

    @Test
    void smallPagesAreOneBackingAroundTheVideoWindow() {
        new MemoryLayout(8 << 20).build(memory);

        assertThat(memory.pages()).isEmpty();
        assertThat(memory.mappings()).extracting(Mapping::gpa, Mapping::lengthBytes).containsExactly(
                tuple(0L, 0xA_0000L),
                tuple(0xC_0000L, 0x74_0000L));
    }

    @Test
    void thePageThatTheVideoWindowBreaksIsOfSmallOnesAndTheRestHuge() {
        new MemoryLayout(8 << 20).build(memory, HUGE);

        assertThat(memory.pages()).containsExactly(HUGE);
        assertThat(memory.mappings()).extracting(Mapping::gpa, Mapping::lengthBytes).containsExactly(
                tuple(0L, 0xA_0000L),
                tuple(0xC_0000L, 0x14_0000L),
                tuple(HUGE, 3 * HUGE));
    }

    @Test
    void hugePagesMustBeWholeAndTwoAtLeast() {
        assertThat(MemoryLayout.divides(HUGE, HUGE)).isFalse();
        assertThat(MemoryLayout.divides(HUGE, 3 << 20)).isFalse();
        assertThat(MemoryLayout.divides(HUGE, 2 * HUGE)).isTrue();
        assertThat(MemoryLayout.divides(4096, 5 * 4096)).isTrue();
    }
}
