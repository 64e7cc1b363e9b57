package org.cupule.machine.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Option;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.machine.MachineDescription.DeviceDescription;
import org.cupule.types.HsmException;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final DeviceSpec SPEC = DeviceSpec.of(Window.ports("data", 4, 0x100)).with(new LineSpec("irq", 5))
            .with(new Option("colour", "green", "The colour."));

    @Test
    void standardPlacesHoldWhereNothingIsSaid() {
        Placement placement = Placement.of(device(Map.of(), Map.of(), Map.of()), SPEC);

        assertThat(placement.windows().getFirst().range().toString()).contains("100");
        assertThat(placement.gsis()).containsExactly(5);
        assertThat(placement.options()).containsEntry("colour", "green");
    }

    @Test
    void nameThatTheModelHasNotIsRefusedAndThoseThatItHasAreTold() {
        assertThatThrownBy(() -> Placement.of(device(Map.of("ports", 1L), Map.of(), Map.of()), SPEC))
                .isInstanceOf(HsmException.class).hasMessageContaining("window 'ports'; it has data [EINVAL]");
        assertThatThrownBy(() -> Placement.of(device(Map.of(), Map.of("int", 1), Map.of()), SPEC))
                .isInstanceOf(HsmException.class).hasMessageContaining("line 'int'; it has irq [EINVAL]");
        assertThatThrownBy(() -> Placement.of(device(Map.of(), Map.of(), Map.of("color", "red")), SPEC))
                .isInstanceOf(HsmException.class).hasMessageContaining("option 'color'; it has colour [EINVAL]");
    }

    @Test
    void placeThatThereIsNotIsRefused() {
        assertThatThrownBy(() -> Placement.of(device(Map.of("data", 0xFFFDL), Map.of(), Map.of()), SPEC))
                .isInstanceOf(HsmException.class).hasMessageContaining("'data'").hasMessageContaining("0xfffd");
        assertThatThrownBy(() -> Placement.of(device(Map.of(), Map.of("irq", 48), Map.of()), SPEC))
                .isInstanceOf(HsmException.class).hasMessageContaining("'irq'").hasMessageContaining("0x30");
    }

    private static DeviceDescription device(Map<String, Long> windows, Map<String, Integer> lines,
            Map<String, String> options) {
        return new DeviceDescription("test", "one", "", windows, lines, "", options, "");
    }
}
