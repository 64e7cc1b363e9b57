package org.cupule.hw.lapic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class VectorSetTest {
    private final VectorSet set = new VectorSet();

    @Test
    void findsTheHighestOfEachWord() {
        for (int vector = 0; vector < 256; vector++) {
            set.add(vector);
            assertThat(set.highest()).isEqualTo(vector);
        }
        for (int vector = 255; vector > 0; vector--) {
            set.remove(vector);
            assertThat(set.highest()).isEqualTo(vector - 1);
        }
    }

    @Test
    void showsItselfAsEightRegisters() {
        set.add(31);
        set.add(32);
        set.add(255);

        assertThat(set.registers()).containsExactly(0x8000_0000L, 1, 0, 0, 0, 0, 0, 0x8000_0000L);
        VectorSet copy = new VectorSet();
        copy.registers(set.registers());
        assertThat(copy.contains(31)).isTrue();
        assertThat(copy.contains(33)).isFalse();
        assertThat(copy.highest()).isEqualTo(255);
    }
}
