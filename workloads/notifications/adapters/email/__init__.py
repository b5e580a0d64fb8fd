"""Mail by SMTP on aiosmtplib, and by Amazon SES."""
