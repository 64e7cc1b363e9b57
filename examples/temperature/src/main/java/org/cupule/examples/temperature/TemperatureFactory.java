package org.cupule.examples.temperature;

import org.cupule.device.Device;
import org.cupule.device.DeviceContext;
import org.cupule.device.DeviceFactory;
import org.cupule.device.DeviceSpec;
import org.cupule.device.DeviceSpec.LineSpec;
import org.cupule.device.DeviceSpec.Window;
import org.cupule.state.StateSchema;
import org.cupule.types.ModelInfo;
import org.cupule.types.OffersModel;
import org.osgi.service.component.annotations.Activate;
import org.osgi.service.component.annotations.Component;
import org.osgi.service.component.annotations.Modified;
import org.osgi.service.metatype.annotations.AttributeDefinition;
import org.osgi.service.metatype.annotations.Designate;
import org.osgi.service.metatype.annotations.ObjectClassDefinition;

/**
 * Makes temperature sensors. How warm it is is a setting, which can be changed while guests run.
 *
 * @threading any thread
 */
@OffersModel(kind = "org.cupule.examples.temperature", name = "temperature", version = "1.0.0")
@Component(service = DeviceFactory.class, configurationPid = "org.cupule.examples.temperature")
@Designate(ocd = TemperatureFactory.Settings.class)
public final class TemperatureFactory implements DeviceFactory {
    private static final ModelInfo INFO = new ModelInfo(Temperature.SCHEMA.kind(), "temperature", "1.0.0",
            "A temperature sensor with an alarm interrupt");
    private static final DeviceSpec SPEC = DeviceSpec
            .of(Window.memory("registers", Temperature.WINDOW_BYTES, 0xFEDC_0000L)).with(new LineSpec("irq", 5));

    /** Settings of the room that all sensors are in. */
    @ObjectClassDefinition(name = "Temperature sensor", description = "How warm it is where the sensors are")
    public @interface Settings {
        /** {@return thousandths of a degree Celsius at the VM's time zero} */
        @AttributeDefinition(name = "Temperature", description = "Thousandths of a degree Celsius when the VM starts, -55000 to 150000", min = "-55000", max = "150000")
        int milli_celsius() default 21_000;

        /** {@return what is added in a second} */
        @AttributeDefinition(name = "Warming", description = "Thousandths of a degree Celsius that are added in a second, -10000 to 10000", min = "-10000", max = "10000")
        int milli_celsius_per_second() default 0;
    }

    private volatile Room room;

    /** Made by the component runtime. */
    @Activate
    public TemperatureFactory(Settings settings) {
        this(new Room(settings.milli_celsius(), settings.milli_celsius_per_second()));
    }

    TemperatureFactory(Room room) {
        this.room = room;
    }

    /** It gets warmer or colder: the next conversion sees it. */
    @Modified
    void modified(Settings settings) {
        room = new Room(settings.milli_celsius(), settings.milli_celsius_per_second());
    }

    @Override
    public ModelInfo info() {
        return INFO;
    }

    @Override
    public StateSchema schema() {
        return Temperature.SCHEMA;
    }

    @Override
    public DeviceSpec spec() {
        return SPEC;
    }

    @Override
    public Device create(DeviceContext context) {
        return new Temperature(context, () -> room);
    }
}
