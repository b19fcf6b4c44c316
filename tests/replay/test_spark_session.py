"""Spark is started so that it gives exact numbers or an error, and naive instants."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def test_a_product_of_decimals_keeps_all_its_digits(spark: SparkSession) -> None:
    """By default Spark would cut digits after the point where the types could need more than 38 in all."""
    product = "CAST('12345.12345678' AS DECIMAL(30, 8)) * CAST('1.12345678' AS DECIMAL(10, 8))"
    row = spark.sql(f"SELECT {product}").collect()[0]
    assert row[0] == Decimal("12345.12345678") * Decimal("1.12345678")


def test_what_does_not_fit_is_an_error(spark: SparkSession) -> None:
    from pyspark.errors import ArithmeticException

    with pytest.raises(ArithmeticException, match="OVERFLOW"):
        spark.sql("SELECT 9223372036854775807 + id FROM range(1, 2)").collect()


def test_instants_are_naive(spark: SparkSession) -> None:
    written = datetime(2015, 10, 8, 10, 0, 0, 250_000)
    row = spark.sql(f"SELECT TIMESTAMP '{written}'").collect()[0]
    assert row[0] == written
